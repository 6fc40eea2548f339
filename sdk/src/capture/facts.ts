/** What may be said of an element: never what somebody typed. */
import type { Properties } from "../../resa";
import { selectorOf } from "../dom/selector";

const ACTIVE = "a,button,summary,label,input,select,textarea,[role=button],[role=link],[role=tab],[role=menuitem],[role=option],[role=checkbox],[role=switch],[onclick]";
const FIELDS = "input,select,textarea,[contenteditable]";

export function active(element: Element): Element | null {
  return element.closest(ACTIVE);
}

export function field(element: Element): boolean {
  return element.matches(FIELDS) && !/^(button|submit|reset|image)$/.test(kindOf(element));
}

export function kindOf(element: Element): string {
  return (element.tagName === "INPUT" && (element as HTMLInputElement).type) || element.getAttribute("role") || element.tagName.toLowerCase();
}

/** Words as they may leave the page: one short line, without addresses and long numbers; nothing from what is masked. */
export function words(text: string | null): string | undefined {
  const line = (text || "").replace(/\s+/g, " ").trim().replace(/\S+@\S+/g, "…").replace(/\d[\d\s().-]{4,}\d/g, "…");
  return line ? line.slice(0, 80) : undefined;
}

export function factsOf(element: Element): Properties {
  const masked = !!element.closest("[data-resa-mask]");
  const facts: Properties = { element: selectorOf(element), kind: kindOf(element) };
  if (!masked && !field(element)) facts.text = words(element.getAttribute("aria-label") || element.textContent);
  const link = element.closest("a");
  if (link && link.href) {
    const { protocol, host, pathname } = link;
    facts.href = /^https?:$/.test(protocol) ? (host === location.host ? "" : `${protocol}//${host}`) + pathname : protocol;
  }
  return facts;
}
