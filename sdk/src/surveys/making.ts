export function make(tag: string, name = ""): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  return made;
}

export function add(to: Element, tag: string, name = "", text = ""): HTMLElement {
  const made = make(tag, name);
  if (text) made.textContent = text;
  to.append(made);
  return made;
}
