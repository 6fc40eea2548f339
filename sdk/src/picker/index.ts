/**
 * The visual editor: chooses a placement's element, or builds a variation's visual changes, on the site itself.
 *
 * It comes up only in a window that Resa's console opened (`?resa-pick=<token>`), and only once that console, at the very
 * origin this SDK came from, has answered with the same token. What was made goes to that origin alone. docs/sdk.md has the messages.
 */
import type { Core } from "../core";
import type { Change } from "../dom/changes";
import { safeLink, safePicture } from "../dom/links";
import { selectorOf } from "../dom/selector";
import { Choosing } from "./choosing";
import { Draft } from "./draft";
import { STYLE, button, check, choice, field, make } from "./panel";
import { textsFor, type Texts } from "./texts";

interface Start {
  type: "resa-pick:start";
  token: string;
  mode: "placement" | "changes";
  language?: string;
  changes?: Change[];
  selector?: string | null;
  position?: string | null;
}

export function start(core: Core): void {
  const token = new URLSearchParams(location.search).get("resa-pick") || /resa-pick=([\w.-]+)/.exec(location.hash)?.[1] || "";
  const console = window.opener as Window | null;
  const { origin } = new URL(core.state.host);
  if (!console || !token) return;
  const tell = (type: string, more: object = {}): void => console.postMessage({ type: `resa-pick:${type}`, token, url: address(), ...more }, origin);
  let begun = false;
  addEventListener("message", (event) => {
    const said = event.data as Start | null;
    if (begun || event.origin !== origin || event.source !== console || !said || said.type !== "resa-pick:start" || said.token !== token) return;
    begun = true;
    core.guarded("picker", () => new Editor(said, tell))();
  });
  addEventListener("pagehide", () => tell("closed"));
  tell("hello");
}

/** The page's address without the link's own part. */
function address(): string {
  const url = new URL(location.href);
  url.searchParams.delete("resa-pick");
  url.hash = url.hash.replace(/[#&]?resa-pick=[\w.-]+/, "");
  return url.href;
}

class Editor {
  private texts: Texts;
  private host = make("div", "", { "data-resa-own": "picker" });
  private body = make("div", "", { class: "fields" });
  private status = make("p", "", { role: "status" });
  private list = make("ul");
  private undo: HTMLButtonElement;
  private panel: HTMLElement;
  private choosing: Choosing;
  private draft: Draft;
  private selector: string | null;
  private position: string;

  constructor(
    private said: Start,
    private tell: (type: string, more?: object) => void,
  ) {
    const t = (this.texts = textsFor(said.language));
    this.draft = new Draft(said.changes || []);
    this.selector = said.selector || null;
    this.position = said.position || "replace";
    const frame = make("div", "", { class: "frame" });
    this.undo = button(t.undo, () => this.back());
    const heading = make("h2", t.title, { id: "title" });
    this.panel = make("section", "", { class: "panel", role: "dialog", "aria-labelledby": "title", tabindex: "-1", "data-keys": "" }, heading, this.status, this.body);
    if (said.mode === "changes") this.panel.append(make("h3", t.changes, { id: "changes" }), this.list, make("div", "", { class: "row" }, this.undo));
    const done = button(t.done, () => this.done(), { class: "primary" });
    this.panel.append(make("div", "", { class: "row" }, done, button(t.cancel, () => this.cancel()), button("⇄", () => this.panel.classList.toggle("left"), { "aria-label": t.side })));
    this.list.setAttribute("aria-labelledby", "changes");

    const root = this.host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(frame, this.panel);
    document.documentElement.append(this.host);
    this.choosing = new Choosing(this.host, frame, {
      over: (element) => (this.status.textContent = describe(element)),
      chosen: (element) => this.chosen(element),
      cancelled: () => this.cancel(),
    });
    addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && !this.typing(event)) this.back();
    });
    this.choose();
    this.draw();
  }

  private typing(event: Event): boolean {
    return /^(INPUT|TEXTAREA)$/.test((event.composedPath()[0] as Element).tagName || "");
  }

  private choose(): void {
    this.choosing.active = true;
    this.status.textContent = this.texts.choose;
    this.body.replaceChildren(button(this.texts.use, () => this.usePage()));
    this.panel.focus();
  }

  private usePage(): void {
    this.choosing.active = false;
    this.status.textContent = this.texts.useHint;
    this.body.replaceChildren(button(this.texts.again, () => this.choose()));
  }

  private chosen(element: Element): void {
    const t = this.texts;
    const selector = this.draft.without(() => (element.isConnected ? selectorOf(element) : null));
    if (!selector) return;
    this.selector = selector;
    this.choosing.active = false;
    this.choosing.show(element);
    this.status.textContent = `${t.chosen}: ${describe(element)}`;
    const around = element.parentElement;
    const wider = around && around !== document.documentElement ? [button(t.wider, () => this.chosen(around))] : [];
    const fields = this.said.mode === "placement" ? [this.positions()] : this.fields(element, selector);
    this.body.replaceChildren(make("p", selector, { class: "what" }), ...fields, make("div", "", { class: "row" }, button(t.again, () => this.choose()), ...wider));
    this.body.querySelector<HTMLElement>("input,textarea,select")?.focus();
  }

  private positions(): HTMLElement {
    const t = this.texts;
    const options: [string, string][] = [["replace", t.replace], ["before", t.before], ["after", t.after], ["prepend", t.prepend], ["append", t.append]];
    return choice(t.place, options, this.position, (position) => (this.position = position));
  }

  /** What can be changed of this element: only what it has. */
  private fields(element: Element, selector: string): HTMLElement[] {
    const t = this.texts;
    const fields: HTMLElement[] = [];
    const set = (attribute: string, value: string, action: Change["action"] = "set", several = false): void => {
      this.draft.set({ selector, action, attribute, value }, several);
      this.draw();
    };
    const addressed = (attribute: string, safe: (url: string) => boolean) => (value: string): void => {
      if (value && !safe(value)) this.status.textContent = t.unsafe;
      else set(attribute, value);
    };
    if (!element.childElementCount && !/^(IMG|INPUT|TEXTAREA|SELECT|VIDEO|IFRAME)$/.test(element.tagName)) {
      fields.push(field(t.text, (element.textContent || "").trim(), (value) => set("html", escaped(value)), { type: "area" }));
    }
    if (element.tagName === "A") fields.push(field(t.link, element.getAttribute("href") || "", addressed("href", safeLink)));
    if (element.tagName === "IMG") {
      fields.push(field(t.picture, element.getAttribute("src") || "", addressed("src", safePicture)));
      fields.push(field(t.alt, element.getAttribute("alt") || "", (value) => set("alt", value)));
    }
    const look = this.look(element, selector, set);
    fields.push(...look);
    if (!/^(IMG|INPUT|TEXTAREA|SELECT)$/.test(element.tagName)) {
      let line = "";
      fields.push(field(t.insert, "", (value) => (line = value)));
      fields.push(button(t.add, () => line && set("html", `<p>${escaped(line)}</p>`, "append", true)));
    }
    return fields;
  }

  /** Colours, size and whether it is there at all: one change of the style. */
  private look(element: Element, selector: string, set: (attribute: string, value: string, action: Change["action"]) => void): HTMLElement[] {
    const t = this.texts;
    const known: Record<string, string> = {};
    for (const part of (this.draft.find(selector, "style", "append")?.value || "").split(";")) {
      const [name, value] = part.split(":");
      if (name && value) known[name.trim()] = value.trim();
    }
    const style = getComputedStyle(element);
    const write = (name: string, value: string): void => {
      if (value) known[name] = `${value} !important`;
      else delete known[name];
      set("style", Object.keys(known).map((one) => `${one}: ${known[one]}`).join("; "), "append");
    };
    return [
      field(t.colour, hex(style.color), (value) => write("color", value), { type: "color" }),
      field(t.background, hex(style.backgroundColor), (value) => write("background-color", value), { type: "color" }),
      field(t.size, `${Math.round(parseFloat(style.fontSize))}`, (value) => write("font-size", +value ? `${Math.min(200, Math.max(6, +value))}px` : ""), { type: "number", min: "6", max: "200" }),
      check(t.hide, style.display === "none", (on) => write("display", on ? "none" : "")),
    ];
  }

  private back(): void {
    this.draft.undo();
    this.draw();
  }

  private draw(): void {
    const t = this.texts;
    const rows = this.draft.list.map((change) => {
      const kind = change.attribute === "html" ? (change.action === "append" ? "insert" : "text") : change.attribute === "href" ? "link" : change.attribute === "src" ? "picture" : change.attribute === "alt" ? "alt" : "style";
      const words = `${t.what[kind]} ${change.selector}`;
      const remove = button(t.remove, () => {
        this.draft.remove(change);
        this.draw();
      }, { "aria-label": `${t.remove}: ${words}` });
      return make("li", "", {}, make("span", words), remove);
    });
    this.list.replaceChildren(...(rows.length ? rows : [make("li", t.none)]));
    this.undo.disabled = !this.draft.undoable;
    this.tell("changed", { changes: this.draft.list });
  }

  private done(): void {
    this.choosing.active = false;
    this.tell("result", { mode: this.said.mode, selector: this.selector, position: this.position, changes: this.draft.list });
    this.body.replaceChildren();
    this.status.textContent = this.texts.sent;
    window.close();
  }

  private cancel(): void {
    this.choosing.active = false;
    this.draft.end();
    this.tell("cancelled");
    this.host.remove();
    window.close();
  }
}

function describe(element: Element): string {
  const words = (element.getAttribute("aria-label") || element.getAttribute("alt") || element.textContent || "").replace(/\s+/g, " ").trim().slice(0, 60);
  return `<${element.tagName.toLowerCase()}> ${words}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A computed colour as colour fields want it. */
function hex(colour: string): string {
  const [red, green, blue] = (colour.match(/[\d.]+/g) || []).map(Number);
  return `#${[red, green, blue].map((part) => Math.round(part || 0).toString(16).padStart(2, "0")).join("")}`;
}
