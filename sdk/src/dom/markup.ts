/**
 * HTML through an allow-list of our own, node by node, though the server has cleaned it already: what is not known to be
 * harmless is not copied. Nothing is ever given to innerHTML.
 */
import { safeLink, safePicture } from "./links";

const TAGS = new Set(
  "a abbr b blockquote br code del dd div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins li mark ol p picture pre q s section small source span strong sub sup table tbody td th thead tr u ul".split(" "),
);
/** Of these not even the text is shown. */
const SILENT = new Set("script style title textarea noscript template iframe object embed svg math".split(" "));
const ANYWHERE = new Set("class title lang dir role aria-label aria-hidden".split(" "));
const ONLY: Record<string, string[]> = { a: ["href", "target"], img: ["src", "srcset", "alt", "width", "height", "loading"], source: ["srcset", "media", "type"], ol: ["start"], td: ["colspan", "rowspan"], th: ["colspan", "rowspan", "scope"] };

interface Trusting {
  trustedTypes?: { createPolicy(name: string, rules: { createHTML: (text: string) => string }): { createHTML(text: string): string } };
}
let policy: { createHTML(text: string): string } | undefined;

/** The harmless part of some HTML. Where the page's policy forbids to parse any, its plain text. */
export function harmless(html: string): DocumentFragment {
  const made = document.createDocumentFragment();
  const parsed = parse(html);
  if (parsed) copy(parsed.body, made, 0);
  else made.append(html.replace(/<[^>]*>/g, " "));
  return made;
}

function parse(html: string): Document | null {
  try {
    const types = (window as Trusting).trustedTypes;
    if (types) policy = policy || types.createPolicy("resa", { createHTML: (text) => text });
    return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
  } catch {
    return null;
  }
}

function copy(from: Node, to: Node, deep: number): void {
  if (deep > 60) return;
  for (const node of Array.from(from.childNodes)) {
    if (node.nodeType === Node.TEXT_NODE) to.appendChild(document.createTextNode(node.nodeValue || ""));
    if (!(node instanceof Element)) continue;
    const tag = node.localName;
    if (SILENT.has(tag)) continue;
    if (!TAGS.has(tag) || node.namespaceURI !== "http://www.w3.org/1999/xhtml") {
      copy(node, to, deep + 1); // its text is harmless
      continue;
    }
    const made = document.createElement(tag);
    for (const { name, value } of Array.from(node.attributes)) if (allowed(tag, name, value)) made.setAttribute(name, value);
    if (tag === "a") made.setAttribute("rel", "noopener noreferrer");
    copy(node, made, deep + 1);
    to.appendChild(made);
  }
}

export function allowed(tag: string, name: string, value: string): boolean {
  if (ANYWHERE.has(name)) return true;
  if (!(ONLY[tag] || []).includes(name)) return false;
  if (name === "href") return safeLink(value);
  if (name === "src") return safePicture(value);
  if (name === "srcset") return value.split(",").every((part) => safePicture(part.trim().split(/\s/)[0] || ""));
  if (name === "target") return value === "_blank";
  return true;
}
