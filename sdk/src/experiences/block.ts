/** Banners, pop-ups, notifications and panels, each in a shadow tree of its own. */
import type { Decision } from "../../resa";
import type { Core } from "../core";
import { safeLink, safePicture } from "../dom/links";
import { harmless } from "../dom/markup";
import type { Report } from "./report";
import { whenSeen } from "../dom/seen";
import { followClicks } from "./report";

interface Button {
  label: string;
  url?: string | null;
  kind?: "primary" | "secondary";
}

export interface Body {
  title?: string;
  text?: string;
  html?: string;
  image?: string | null;
  image_alt?: string;
  buttons?: Button[];
  dismissible?: boolean;
  position?: string | null;
}

const STYLE = `
:host{all:initial;font:16px/1.5 var(--resa-font,system-ui,sans-serif);color:var(--resa-ink,#1b1b1f)}
*{box-sizing:border-box}
.block{position:fixed;z-index:2147483000;background:var(--resa-surface,#fff);color:inherit;border:1px solid var(--resa-line,#d9d9de);border-radius:var(--resa-radius,12px);padding:20px 52px 20px 20px;box-shadow:0 8px 32px #0003;max-width:calc(100vw - 24px);max-height:calc(100vh - 24px);overflow:auto;margin:0}
.banner{left:0;right:0;max-width:none;border-radius:0;border-width:0 0 1px;display:flex;flex-wrap:wrap;gap:8px 20px;align-items:center;justify-content:center;padding:12px 52px 12px 20px;z-index:2147483001}
.banner.top{position:static;box-shadow:none}.bottom{bottom:0;border-width:1px 0 0}
.notification{width:360px;bottom:12px;right:12px}
.notification.top-right{top:12px;bottom:auto}.notification.bottom-left{right:auto;left:12px}
.panel{width:400px;top:0;bottom:0;right:0;border-radius:0;max-height:none}
.panel.left{right:auto;left:0}
.popup{inset:0;margin:auto;width:480px;height:fit-content;padding:28px}
.popup::backdrop{background:#0008}
h2{font-size:1.2em;line-height:1.3;margin:0 28px 8px 0}.banner h2{margin:0;font-size:1em}
p,.html{margin:0 0 12px}.banner p,.banner .html{margin:0}
img{max-width:100%;height:auto;border-radius:8px;margin:0 0 12px;display:block}.banner>img{max-height:48px;width:auto;margin:0}
.buttons{display:flex;flex-wrap:wrap;gap:8px;margin-top:4px}
a{color:var(--resa-accent,#14665a)}
.button{font:inherit;font-weight:600;text-decoration:none;cursor:pointer;border-radius:8px;padding:8px 16px;border:1px solid var(--resa-accent,#14665a);background:none;color:var(--resa-accent,#14665a)}
.button.primary{background:var(--resa-accent,#14665a);color:var(--resa-on-accent,#fff)}
.close{position:absolute;top:8px;right:8px;width:36px;height:36px;border:0;background:none;color:inherit;font:24px/1 system-ui,sans-serif;cursor:pointer;border-radius:8px}
:focus-visible{outline:3px solid var(--resa-accent,#14665a);outline-offset:2px}
@media (prefers-color-scheme:dark){:host{color:var(--resa-ink,#f2f2f5)}.block{background:var(--resa-surface,#1e1e24);border-color:var(--resa-line,#3a3a44)}a,.button{color:var(--resa-accent,#8fd3c6);border-color:var(--resa-accent,#8fd3c6)}.button.primary{background:var(--resa-accent,#8fd3c6);color:var(--resa-on-accent,#101018)}}
@media (prefers-reduced-motion:no-preference){.block{animation:in .2s ease-out}@keyframes in{from{opacity:0;transform:translateY(8px)}}}
`;
let sheet: CSSStyleSheet | undefined;

/** A shadow tree with our style; a policy on styles does not concern constructed sheets. */
export function shadow(host: HTMLElement): ShadowRoot {
  const root = host.attachShadow({ mode: "open" });
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  root.adoptedStyleSheets = [sheet];
  return root;
}

/** Panels begin below the banners at the top, so that neither covers the other's way out. */
function arrange(): void {
  let top = 0;
  const panels: HTMLElement[] = [];
  document.querySelectorAll("[data-resa-own]").forEach((host) => {
    const block = host.shadowRoot?.querySelector<HTMLElement>(".block");
    if (block?.matches(".banner.top")) top += block.offsetHeight;
    if (block?.matches(".panel")) panels.push(block);
  });
  for (const panel of panels) panel.style.top = `${top}px`;
}

/** Show it; gives back how to take it away without a word. */
export function showBlock(core: Core, decision: Decision, report: Report): () => void {
  const { type, body: given } = decision.content!;
  const body = given as Body;
  const host = document.createElement("div");
  host.setAttribute("data-resa-own", decision.placement);
  const root = shadow(host);
  const block = document.createElement(type === "popup" ? "dialog" : "section");
  block.className = `block ${type} ${body.position || (type === "banner" ? "top" : "")}`;
  const dismissible = body.dismissible !== false || !(body.buttons || []).length;
  const before = document.activeElement;

  const away = (): void => {
    host.remove();
    arrange();
    if (type === "popup" && before instanceof HTMLElement) before.focus();
  };
  const dismiss = core.guarded("dismiss", () => {
    if (!host.isConnected) return;
    away();
    report.dismissed();
  });

  const title = body.title && add(block, "h2", body.title);
  if (title) title.id = "title";
  if (body.image && safePicture(body.image)) {
    const image = document.createElement("img");
    image.src = body.image;
    image.alt = body.image_alt || "";
    block.prepend(image);
  }
  if (body.text) add(block, "p", body.text);
  if (body.html) add(block, "div", "", "html").append(harmless(body.html));
  addButtons(block, body.buttons || [], dismiss);
  if (dismissible) {
    const close = add(block, "button", "×", "close");
    close.setAttribute("type", "button");
    close.setAttribute("aria-label", document.documentElement.lang.startsWith("sv") ? "Stäng" : "Close");
    close.setAttribute("data-resa-close", "");
    close.addEventListener("click", dismiss);
  }
  if (title) block.setAttribute("aria-labelledby", "title");
  else block.setAttribute("aria-label", body.image_alt || decision.placement);
  followClicks(block, report);
  root.append(block);
  if (type === "banner" && block.classList.contains("top")) {
    // At the top of the page it covers nothing: it pushes the page down, and stays in sight.
    host.style.cssText = "display:block;position:sticky;top:0;z-index:2147483001";
    document.body.prepend(host);
  } else document.body.append(host);
  if (block instanceof HTMLDialogElement) modal(block, dismissible, dismiss);
  else {
    block.setAttribute("role", type === "notification" ? "status" : "region");
    block.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && dismissible) dismiss();
    });
  }
  arrange();
  whenSeen(block, () => report.viewed());
  return away;
}

/** The platform keeps the focus inside a modal dialog and the rest of the page out of reach. */
function modal(dialog: HTMLDialogElement, dismissible: boolean, dismiss: () => void): void {
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (dismissible) dismiss();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !dismissible) event.preventDefault();
    if (event.key === "Tab") keepFocus(dialog, event);
  });
  dialog.addEventListener("click", (event) => {
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const outside = event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom;
    if (event.target === dialog && outside && event.detail && dismissible) dismiss();
  });
  dialog.showModal();
}

function keepFocus(dialog: HTMLElement, event: KeyboardEvent): void {
  const stops = Array.from(dialog.querySelectorAll<HTMLElement>("a[href],button"));
  const active = (dialog.getRootNode() as ShadowRoot).activeElement;
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (!stops.length || active === edge) {
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0])?.focus();
  }
}

function addButtons(block: HTMLElement, buttons: Button[], dismiss: () => void): void {
  if (!buttons.length) return;
  const row = add(block, "div", "", "buttons");
  for (const { label, url, kind } of buttons) {
    const leads = url && safeLink(url);
    const button = add(row, leads ? "a" : "button", label, `button ${kind || "primary"}`);
    if (leads) button.setAttribute("href", url);
    else {
      button.setAttribute("type", "button");
      button.setAttribute("data-resa-close", "");
      button.addEventListener("click", dismiss);
    }
  }
}

function add(to: Element, tag: string, text: string, name = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  to.append(made);
  return made;
}
