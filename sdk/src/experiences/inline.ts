/** Content in an element of the page. Its own content stays in the document, as the default one goes back to. */
import type { Decision } from "../../resa";
import type { Core } from "../core";
import { harmless } from "../dom/markup";
import { whenSeen } from "../dom/seen";
import { Report, followClicks } from "./report";

const trees = new WeakMap<Element, ShadowRoot>();

/** Put the content into the element, and tell when it is seen; without content the default counts as what was shown. */
export function showInline(core: Core, element: HTMLElement, decision: Decision): void {
  const report = new Report(core, decision);
  const content = decision.content;
  if (content && content.type === "json") element.dispatchEvent(new CustomEvent("resa:content", { bubbles: true, detail: decision }));
  else {
    const tree = treeOf(element);
    if (content) tree.replaceChildren(content.type === "html" ? harmless(`${content.body.html}`) : words(`${content.body.text ?? ""}`));
    else if (trees.has(element)) tree.replaceChildren(document.createElement("slot"));
  }
  element.setAttribute("data-resa-shown", content ? content.key : "default");
  followClicks(element, report);
  whenSeen(element, () => report.viewed());
}

function words(text: string): HTMLElement {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

/** A shadow tree in the element; in one that can't have any (a link, a button) a span with one. */
function treeOf(element: HTMLElement): ShadowRoot {
  const known = trees.get(element);
  if (known) return known;
  let tree: ShadowRoot;
  try {
    tree = element.attachShadow({ mode: "open" });
    tree.append(document.createElement("slot"));
  } catch {
    const span = document.createElement("span");
    span.append(...Array.from(element.childNodes));
    element.append(span);
    tree = span.attachShadow({ mode: "open" });
    tree.append(document.createElement("slot"));
  }
  trees.set(element, tree);
  return tree;
}

/** The element of a placement that was chosen in the picker: the one itself, or a new one beside or in it. */
export function placed(key: string, selector: string, position: string): HTMLElement | null {
  const anchor = document.querySelector<HTMLElement>(selector);
  if (!anchor) return null;
  const ours = position !== "replace";
  const element = ours ? document.createElement("div") : anchor;
  element.setAttribute("data-resa-placement", key);
  if (position === "before") anchor.before(element);
  else if (position === "after") anchor.after(element);
  else if (position === "prepend") anchor.prepend(element);
  else if (ours) anchor.append(element);
  return element;
}
