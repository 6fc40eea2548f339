/** Small pieces of the editor's panel, in its shadow tree. */

export const STYLE = `
:host{all:initial}
*{box-sizing:border-box;font:14px/1.45 system-ui,sans-serif}
.frame{position:fixed;z-index:2147483646;pointer-events:none;outline:3px solid #1f4fd8;outline-offset:1px;background:#1f4fd822;border-radius:2px;display:none}
.panel{position:fixed;z-index:2147483647;top:12px;right:12px;width:320px;max-height:calc(100vh - 24px);overflow:auto;background:#fff;color:#1b1b1f;border:1px solid #c9c9d1;border-radius:12px;box-shadow:0 12px 40px #0004;padding:16px;display:grid;gap:12px}
.panel.left{right:auto;left:12px}
h2{font-size:16px;font-weight:650;margin:0}h3{font-weight:650;margin:0}
p{margin:0}
.what{background:#eef1fb;border-radius:8px;padding:8px 10px;overflow-wrap:anywhere}
.fields{display:grid;gap:10px}
label{display:grid;gap:4px;font-weight:550}
label.check{display:flex;gap:8px;align-items:center}
input,textarea,select{width:100%;padding:7px 9px;border:1px solid #b6b6c0;border-radius:8px;background:#fff;color:inherit}
label.check input{width:auto}input[type=color]{padding:2px;height:36px}
textarea{min-height:64px;resize:vertical}
.row{display:flex;flex-wrap:wrap;gap:8px}
button{padding:7px 12px;border-radius:8px;border:1px solid #b6b6c0;background:#fff;color:inherit;font-weight:600;cursor:pointer}
button.primary{background:#1f4fd8;border-color:#1f4fd8;color:#fff}
button:disabled{opacity:.5;cursor:default}
ul{list-style:none;margin:0;padding:0;display:grid;gap:6px}
li{display:flex;gap:8px;align-items:center;justify-content:space-between}
li span{overflow-wrap:anywhere}
.error{color:#b3261e}
:focus-visible{outline:3px solid #1f4fd8;outline-offset:2px}
`;

type Attributes = Record<string, string>;

export function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, text = "", attributes: Attributes = {}, ...inner: Node[]): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const name of Object.keys(attributes)) made.setAttribute(name, attributes[name]!);
  made.append(...inner);
  return made;
}

export function button(text: string, act: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const made = make("button", text, { type: "button", ...attributes });
  made.addEventListener("click", act);
  return made;
}

/** A labelled field; `say` hears its value when it is settled, not at every key. */
export function field(label: string, value: string, say: (value: string) => void, attributes: Attributes = {}): HTMLLabelElement {
  const area = attributes.type === "area";
  const input = area ? make("textarea") : make("input", "", attributes);
  input.value = value;
  input.addEventListener("change", () => say(input.value));
  return make("label", label, {}, input);
}

export function check(label: string, on: boolean, say: (on: boolean) => void): HTMLLabelElement {
  const input = make("input", "", { type: "checkbox" });
  input.checked = on;
  input.addEventListener("change", () => say(input.checked));
  const made = make("label", "", { class: "check" }, input);
  made.append(label);
  return made;
}

export function choice(label: string, options: [value: string, text: string][], value: string, say: (value: string) => void): HTMLLabelElement {
  const select = make("select", "", {}, ...options.map(([name, text]) => make("option", text, { value: name })));
  select.value = value;
  select.addEventListener("change", () => say(select.value));
  return make("label", label, {}, select);
}
