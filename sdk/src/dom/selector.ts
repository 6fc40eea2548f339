/** A selector that names one element and is likely to name it tomorrow: by id, data, label or plain class; else by place. */

const ATTRIBUTES = ["data-testid", "data-test", "data-test-id", "data-cy", "data-qa", "data-resa", "data-resa-placement", "name", "aria-label", "alt", "title", "href", "role"];

export function selectorOf(element: Element, root: ParentNode = element.ownerDocument): string {
  let below = "";
  for (let at: Element | null = element; at; at = at.parentElement) {
    if (at.tagName === "BODY" || at.tagName === "HTML") return at.tagName.toLowerCase() + below;
    const parts = named(at);
    for (const part of parts) if (names(root, part + below)) return part + below;
    below = ` > ${placed(at, parts)}${below}`;
  }
  return below.slice(3);
}

function names(root: ParentNode, selector: string): boolean {
  try {
    return root.querySelectorAll(selector).length === 1;
  } catch {
    return false;
  }
}

/** What an element can be called by itself, the surest first. */
function named(element: Element): string[] {
  const tag = element.tagName.toLowerCase();
  const parts: string[] = [];
  if (element.id && lasting(element.id)) parts.push(`#${CSS.escape(element.id)}`);
  for (const name of ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value && value.length <= 60 && (lasting(value) || name.startsWith("data-"))) parts.push(`${tag}[${name}="${value.replace(/["\\]/g, "\\$&")}"]`);
  }
  for (const { name, value } of Array.from(element.attributes)) {
    if (name.startsWith("data-") && !name.startsWith("data-resa-") && ATTRIBUTES.indexOf(name) < 0 && value && value.length <= 40 && lasting(value)) parts.push(`${tag}[${name}="${value.replace(/["\\]/g, "\\$&")}"]`);
  }
  const plain = Array.from(element.classList).filter(lasting).slice(0, 3);
  for (const name of plain) parts.push(`${tag}.${CSS.escape(name)}`);
  if (plain.length > 1) parts.push(`${tag}.${plain.map((name) => CSS.escape(name)).join(".")}`);
  parts.push(tag);
  return parts;
}

/** Where an element stands among its siblings, by what tells it apart there. */
function placed(element: Element, parts: string[]): string {
  const parent = element.parentElement;
  const tag = element.tagName.toLowerCase();
  if (!parent) return tag;
  const siblings = Array.from(parent.children);
  for (const part of parts) if (siblings.filter((one) => one.matches(part)).length === 1) return part;
  return `${tag}:nth-of-type(${siblings.filter((one) => one.tagName === element.tagName).indexOf(element) + 1})`;
}

/**
 * Whether a name was given by a person. Build tools and frameworks give names with digits and mixed case (`css-1x2y3z`,
 * `Button_root__aB3dE`, `:r1:`), which change with the next release.
 */
export function lasting(name: string): boolean {
  if (/^(css|sc|jss|svelte|emotion|styled|ember|ng|mui|react|radix|headlessui|mantine|chakra)-|^jss\d/i.test(name)) return false;
  if (/[:@\s]{1}r?\d|\d{3,}|[0-9a-f]{8}-|^[:\d]/.test(name) || /__[A-Za-z0-9+/_-]{5,}$/.test(name)) return false;
  return !name.split(/[-_/\s]/).some((word) => word.length >= 5 && /\d/.test(word) && /[a-z]/i.test(word) && !/^[a-z]+\d{1,2}$/i.test(word)) && !/^[a-z]{1,3}[A-Z][a-zA-Z]*[A-Z]{2}/.test(name);
}
