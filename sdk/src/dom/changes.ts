/**
 * Visual changes: `domMutations` as the GrowthBook payload has them, put on the page, kept there while the page changes, and
 * taken away again. What a page's framework draws anew is changed before it is painted; a page that insists is left alone.
 */
import { safeLink, safePicture } from "./links";
import { harmless } from "./markup";

export interface Change {
  selector: string;
  action: "set" | "append" | "remove";
  attribute: string;
  value?: string;
  parentSelector?: string;
  insertBeforeSelector?: string;
}

/** How often one change is put back on one element within ten seconds before the page wins. */
const INSISTING = 10;
/** Milliseconds of each second that may go into keeping the changes on a page that never rests. */
const BUDGET = 50;

/** One change on one element, and how to undo it. */
interface Applied {
  element: Element;
  change: Change;
  holds: () => boolean;
  undo: () => void;
}

export class Changes {
  #changes: Change[];
  #applied: Applied[] = [];
  #insisted = new Map<Element, number[]>();
  #observer: MutationObserver;
  #second = 0;
  #spent = 0;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(changes: Change[]) {
    this.#changes = changes;
    this.#observer = new MutationObserver(() => this.#again());
  }

  #again(): void {
    const now = performance.now();
    if (now - this.#second >= 1000) [this.#second, this.#spent] = [now, 0];
    if (this.#spent >= BUDGET) {
      this.#later = this.#later || setTimeout(() => this.apply(), this.#second + 1000 - now);
      return;
    }
    this.apply();
    this.#spent += performance.now() - now;
  }

  /** Put all changes on all elements that are there; told again by every change of the page. */
  apply(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#observer.disconnect();
    const gone = this.#applied.filter(({ element, holds }) => !element.isConnected || !holds());
    this.#applied = this.#applied.filter((one) => !gone.includes(one));
    for (const change of this.#changes) {
      for (const element of found(change.selector)) {
        if (this.#applied.some((one) => one.element === element && one.change === change) || !this.#may(element, gone.some((one) => one.element === element))) continue;
        const applied = put(element, change);
        if (applied) this.#applied.push({ element, change, ...applied });
      }
    }
    this.#observer.observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true });
  }

  #may(element: Element, again: boolean): boolean {
    if (!again) return true;
    const now = Date.now();
    const times = (this.#insisted.get(element) || []).filter((time) => now - time < 10_000);
    times.push(now);
    this.#insisted.set(element, times);
    return times.length <= INSISTING;
  }

  /** The page as it was. */
  revert(): void {
    clearTimeout(this.#later);
    this.#observer.disconnect();
    for (const { element, undo } of this.#applied.reverse()) if (element.isConnected) undo();
    this.#applied = [];
  }
}

function found(selector: string): Element[] {
  try {
    return Array.from(document.querySelectorAll(selector)).filter((element) => !element.closest("[data-resa-own]"));
  } catch {
    return [];
  }
}

type Put = Pick<Applied, "holds" | "undo">;

function put(element: Element, change: Change): Put | null {
  const name = change.attribute.toLowerCase();
  if (name === "html") return putHtml(element, change);
  if (name === "position") return putPosition(element, change);
  if (name === "class") return putClass(element, change);
  if (name === "style") return putStyle(element as HTMLElement, change);
  return putAttribute(element, name, change);
}

function putHtml(element: Element, { action, value = "" }: Change): Put | null {
  const content = harmless(action === "remove" ? "" : value);
  const only = element.childNodes[0];
  const plain = content.childNodes.length === 1 && content.firstChild instanceof Text;
  if (action === "set" && plain && element.childNodes.length === 1 && only instanceof Text) {
    // The framework's own text node stays, so that the framework can go on with it.
    const before = only.data;
    const text = (only.data = content.textContent || "");
    return { holds: () => only.data === text && only.parentNode === element, undo: () => (only.data = before) };
  }
  const before = Array.from(element.childNodes);
  const added = Array.from(content.childNodes);
  if (action === "append") element.append(content);
  else element.replaceChildren(content);
  return {
    holds: () => added.every((node) => node.parentNode === element),
    undo: () => {
      if (action === "append") for (const node of added) node.parentNode?.removeChild(node);
      else element.replaceChildren(...before);
    },
  };
}

function putPosition(element: Element, { parentSelector, insertBeforeSelector }: Change): Put | null {
  const parent = parentSelector ? found(parentSelector)[0] : null;
  const next = insertBeforeSelector ? found(insertBeforeSelector)[0] || null : null;
  if (!parent || parent === element || element.contains(parent) || (next && next.parentNode !== parent)) return null;
  const [home, after] = [element.parentNode, element.nextSibling];
  parent.insertBefore(element, next);
  return {
    holds: () => element.parentNode === parent,
    undo: () => home?.insertBefore(element, after && after.parentNode === home ? after : null),
  };
}

function putClass(element: Element, { action, value = "" }: Change): Put {
  const before = element.className;
  const names = value.split(/\s+/).filter(Boolean);
  if (action === "append") element.classList.add(...names);
  else if (action === "remove") element.classList.remove(...names);
  else element.setAttribute("class", value);
  return {
    holds: () => names.every((name) => element.classList.contains(name) === (action !== "remove")),
    undo: () => element.setAttribute("class", before),
  };
}

/** By the style object, which no policy on inline styles forbids. */
function putStyle({ style }: HTMLElement, { action, value = "" }: Change): Put {
  const before = style.cssText;
  if (action === "set") style.cssText = value;
  else if (action === "remove") for (const name of value.split(";")) style.removeProperty(name.split(":")[0]!.trim());
  else style.cssText = `${before}${before && !/;\s*$/.test(before) ? ";" : ""}${value}`;
  const after = style.cssText;
  return { holds: () => style.cssText === after, undo: () => (style.cssText = before) };
}

function putAttribute(element: Element, name: string, { action, value = "" }: Change): Put | null {
  if (!harmlessAttribute(name, value)) return null;
  const before = element.getAttribute(name);
  const after = action === "remove" ? null : action === "append" ? (before || "") + value : value;
  const write = (text: string | null): void => (text === null ? element.removeAttribute(name) : element.setAttribute(name, text));
  write(after);
  return { holds: () => element.getAttribute(name) === after, undo: () => write(before) };
}

function harmlessAttribute(name: string, value: string): boolean {
  if (/^on|^(srcdoc|formaction|action|ping|nonce|integrity|is|http-equiv|xlink:href|data|background|poster)$/.test(name)) return false;
  if (name === "href") return safeLink(value);
  if (name === "src") return safePicture(value);
  if (name === "srcset") return value.split(",").every((part) => safePicture(part.trim().split(/\s/)[0] || ""));
  return /^[a-z][\w-]*$/.test(name);
}
