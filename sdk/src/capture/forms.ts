import type { Core } from "../core";
import { selectorOf } from "../dom/selector";
import { field, kindOf } from "./facts";

/** Forms begun, sent and held up by their own checks; of fields the name and the kind, never the value. */
export function forms(core: Core): void {
  const begun = new WeakSet<HTMLFormElement>();
  let stopped = 0;

  const begin = (event: Event): void => {
    const target = event.target;
    const form = target instanceof Element && field(target) && !target.matches("[type=hidden],[type=search]") ? (target as HTMLInputElement).form || target.closest("form") : null;
    if (!form || begun.has(form)) return;
    begun.add(form);
    core.track("Form Started", { form: formName(form), ...fieldFacts(target as Element), fields: fields(form) });
  };
  core.listen(document, "input", begin, true);
  core.listen(document, "change", begin, true);
  core.listen(document, "submit", ({ target }: Event) => {
    if (!(target instanceof HTMLFormElement) || target.matches("[role=search]")) return;
    if (!begun.has(target)) core.track("Form Started", { form: formName(target), fields: fields(target) });
    begun.delete(target);
    core.track("Form Submitted", { form: formName(target), fields: fields(target) });
  }, true);
  core.listen(document, "invalid", ({ target }: Event) => {
    const { form, validity } = target as HTMLInputElement;
    if (!form || Date.now() - stopped < 1000) return; // one attempt stops at many fields
    stopped = Date.now();
    let why = "invalid";
    for (const name in validity) if (name !== "valid" && validity[name as keyof ValidityState]) why = name;
    const facts = fieldFacts(target as Element);
    core.track("Form Error", { form: formName(form), ...facts, message: `${facts.field}: ${why}` });
  }, true);
}

function formName(form: HTMLFormElement): string {
  return form.id || form.getAttribute("name") || form.getAttribute("aria-label") || selectorOf(form);
}

function fieldFacts(element: Element): { field: string; kind: string } {
  return { field: element.getAttribute("name") || element.id || selectorOf(element), kind: kindOf(element) };
}

function fields(form: HTMLFormElement): number {
  return Array.from(form.elements).filter((element) => field(element) && !element.matches("[type=hidden]")).length;
}
