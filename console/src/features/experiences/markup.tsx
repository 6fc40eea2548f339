import { createElement, type ReactNode } from "react";

const TAGS = new Set(
  "a abbr b blockquote br code del dd div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins li mark ol p pre q s section small span strong sub sup table tbody td th thead tr u ul".split(" "),
);
const DROPPED = new Set(["script", "style", "iframe", "object", "template", "noscript", "title", "svg", "math"]);
const EMPTY = new Set(["br", "hr", "img"]);

/** Whether an address leads somewhere harmless: a path of the site itself, or a scheme everybody knows. */
export function harmless(address: string): boolean {
  try {
    return ["http:", "https:", "mailto:", "tel:"].includes(new URL(address, "https://site.invalid/").protocol);
  } catch {
    return false;
  }
}

/** HTML as the server will clean it, as elements: what is not on the list is not there, and nothing of it runs or loads. */
export function harmlessNodes(html: string): ReactNode {
  return children(new DOMParser().parseFromString(html, "text/html").body);
}

function children(node: Node): ReactNode[] {
  return [...node.childNodes].map((child, index) => shown(child, index));
}

function shown(node: Node, key: number): ReactNode {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const tag = node.localName;
  if (DROPPED.has(tag)) return null;
  if (!TAGS.has(tag)) return <span key={key}>{children(node)}</span>;
  // Pictures and links of a draft are shown, not loaded or followed.
  if (tag === "img") return <em key={key}>{node.getAttribute("alt") || "▢"}</em>;
  if (tag === "a") return <u key={key}>{children(node)}</u>;
  return createElement(tag, { key }, ...(EMPTY.has(tag) ? [] : [children(node)]));
}

/** A text with what will be put in shown as its fallback, or by its name. */
export const filled = (text: string): string => text.replace(/\{\{\s*([\w.]+)\s*(?:\|\s*default:\s*["']([^"']*)["']\s*)?\}\}/g, (_, name: string, fallback?: string) => fallback ?? `[${name}]`);
