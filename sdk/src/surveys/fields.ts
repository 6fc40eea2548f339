/** One question as the browser's own controls: what they do by keyboard and say to a screen reader comes with them. */
import { piped, type Answers, type Form, type Option, type Question } from "./flow";
import { add, make } from "./making";

export type Words = Record<string, string>;

export interface Field {
  element: HTMLElement;
  /** What is answered now; null for nothing. */
  read: () => unknown;
  /** The words written beside options that take some; null where there are none. */
  written: () => Record<string, string> | null;
}

interface Given {
  question: Question;
  answer: unknown;
  words: Words;
  say: (text: string) => string;
  extra: Record<string, string>;
  changed: () => void;
}



export function field(form: Form, question: Question, answers: Answers, words: Words, changed: () => void): Field {
  const say = (text: string): string => piped(text, form, answers);
  const element = make(question.kind === "text" || question.kind === "date" ? "div" : "fieldset", "question");
  const extra = (answers[`${question.key}.words`] as Record<string, string> | undefined) || {};
  const given: Given = { question, answer: answers[question.key], words, say, extra: { ...extra }, changed };
  const title = add(element, element.tagName === "DIV" ? "label" : "legend", "title", say(question.text));
  if (!question.required) add(title, "span", "need", ` (${words.optional})`);
  const described = question.help ? add(element, "p", "help", say(question.help)) : null;
  if (described) described.id = "help";
  const read = (KINDS[question.kind] || text)(element, given);
  title.id = "title";
  const control = element.querySelector("textarea,input[type=date]");
  if (control) {
    control.id = "control";
    title.setAttribute("for", "control");
  }
  if (described) (control || element).setAttribute("aria-describedby", "help");
  const written = (): Record<string, string> | null => {
    const open = (question.options || []).filter((one) => one.write_in && given.extra[one.key]);
    return open.length ? Object.fromEntries(open.map((one) => [one.key, given.extra[one.key]!])) : null;
  };
  return { element, read, written };
}

type Make = (element: HTMLElement, given: Given) => () => unknown;

/** A radio button or a check box with its label; the label is what is seen and touched. */
function choice(to: HTMLElement, type: string, name: string, value: string, label: string, on: boolean, changed: () => void): HTMLInputElement {
  const around = add(to, "label", "choice");
  const input = make("input") as HTMLInputElement;
  Object.assign(input, { type, name, value, checked: on });
  input.addEventListener("change", changed);
  around.append(input);
  add(around, "span", "", label);
  return input;
}

const picked = (inputs: HTMLInputElement[]): string[] => inputs.filter((one) => one.checked).map((one) => one.value);

const numbers: Make = (element, { question, answer, words, say, changed }) => {
  const stars = question.kind === "rating";
  const first = question.lowest ?? 1;
  const last = question.highest ?? 5;
  const row = add(element, "div", stars ? "scale stars" : "scale");
  row.style.setProperty("--n", `${last - first + 1}`);
  const inputs: HTMLInputElement[] = [];
  for (let number = first; number <= last; number++) {
    const input = choice(row, "radio", question.key, `${number}`, stars ? "★" : `${number}`, answer === number, changed);
    if (stars) input.setAttribute("aria-label", words.stars!.replace("{n}", `${number}`).replace("{of}", `${last}`));
    else if (number === first && question.low) input.setAttribute("aria-label", `${number}, ${say(question.low)}`);
    else if (number === last && question.high) input.setAttribute("aria-label", `${number}, ${say(question.high)}`);
    inputs.push(input);
  }
  if (question.low || question.high) {
    const ends = add(element, "div", "ends");
    ends.setAttribute("aria-hidden", "true");
    add(ends, "span", "", say(question.low || ""));
    add(ends, "span", "", say(question.high || ""));
  }
  return () => (picked(inputs)[0] === undefined ? null : +picked(inputs)[0]!);
};

function choices(element: HTMLElement, given: Given, type: string, on: (option: Option) => boolean): HTMLInputElement[] {
  const { question, words, say, extra } = given;
  const inputs: HTMLInputElement[] = [];
  for (const option of question.options || []) {
    const changed = (): void => {
      const alone = (one: HTMLInputElement): boolean => !!(question.options || []).find(({ key }) => key === one.value)!.alone;
      if (type === "checkbox" && input.checked) for (const one of inputs) if (one !== input && (option.alone || alone(one))) one.checked = false;
      given.changed();
    };
    const input = choice(element, type, question.key, option.key, say(option.text), on(option), changed);
    inputs.push(input);
    if (option.write_in) {
      const line = make("input", "line") as HTMLInputElement;
      Object.assign(line, { type: "text", maxLength: 200, value: extra[option.key] || "", placeholder: words.words });
      line.setAttribute("aria-label", `${say(option.text)}: ${words.words}`);
      line.addEventListener("input", () => {
        extra[option.key] = line.value;
        if (line.value && !input.checked) {
          input.checked = true;
          changed();
        } else given.changed();
      });
      element.append(line);
    }
  }
  return inputs;
}

const single: Make = (element, given) => {
  const inputs = choices(element, given, "radio", (option) => option.key === given.answer);
  return () => picked(inputs)[0] ?? null;
};

const multiple: Make = (element, given) => {
  const inputs = choices(element, given, "checkbox", (option) => Array.isArray(given.answer) && given.answer.indexOf(option.key) >= 0);
  return () => (picked(inputs).length ? picked(inputs) : null);
};

/** A list whose items move up and down by buttons; what was not touched was not ranked. */
const ranking: Make = (element, { question, answer, words, say, changed }) => {
  const keys = (question.options || []).map((one) => one.key);
  let order = Array.isArray(answer) ? (answer as string[]).concat(keys.filter((key) => answer.indexOf(key) < 0)) : keys;
  let touched = Array.isArray(answer);
  const list = add(element, "ol", "ranking");
  const told = add(element, "p", "hidden");
  told.setAttribute("aria-live", "polite");
  const move = (place: number, by: number): void => {
    touched = true;
    const key = order[place]!;
    order = order.filter((one) => one !== key);
    order.splice(place + by, 0, key);
    draw();
    const buttons = list.children[place + by]!.querySelectorAll("button");
    (Array.from(buttons).find((one) => one.value === `${by}` && !one.disabled) || Array.from(buttons).find((one) => !one.disabled))!.focus();
    told.textContent = `${named(key)}: ${place + by + 1}`;
    changed();
  };
  const named = (key: string): string => say((question.options || []).find((one) => one.key === key)!.text);
  const draw = (): void => {
    list.replaceChildren();
    order.forEach((key, place) => {
      const item = add(list, "li");
      add(item, "span", "", named(key));
      for (const by of [-1, 1]) {
        const button = add(item, "button", "move", by < 0 ? "↑" : "↓") as HTMLButtonElement;
        Object.assign(button, { type: "button", value: `${by}`, disabled: !order[place + by] });
        button.setAttribute("aria-label", `${named(key)}: ${by < 0 ? words.up : words.down}`);
        button.addEventListener("click", () => move(place, by));
      }
    });
  };
  draw();
  return () => (touched || question.required ? order : null);
};

const matrix: Make = (element, { question, answer, say, changed }) => {
  const rows = (question.rows || []).map((row) => {
    const group = add(element, "fieldset", "row");
    add(group, "legend", "", say(row.text));
    const before = (answer as Record<string, string> | null | undefined)?.[row.key];
    return [row.key, (question.options || []).map((option) => choice(group, "radio", `${question.key}/${row.key}`, option.key, say(option.text), option.key === before, changed))] as const;
  });
  return () => {
    const found = rows.map(([key, inputs]) => [key, picked(inputs)[0]]).filter(([, value]) => value);
    return found.length ? Object.fromEntries(found) : null;
  };
};

const text: Make = (element, { question, answer, changed }) => {
  const area = add(element, "textarea") as HTMLTextAreaElement;
  Object.assign(area, { rows: 3, maxLength: question.max_length ?? 2000, value: answer ?? "", required: !!question.required });
  area.addEventListener("input", changed);
  return () => area.value.trim() || null;
};

function line(to: HTMLElement, type: string, label: string, value: unknown, changed: () => void): HTMLInputElement {
  const around = label ? add(to, "label", "named", label) : to;
  const input = make("input", "line") as HTMLInputElement;
  Object.assign(input, { type, value: value ?? "" });
  input.addEventListener("input", changed);
  around.append(input);
  return input;
}

const date: Make = (element, { question, answer, changed }) => {
  const input = line(element, "date", "", answer, changed);
  Object.assign(input, { min: question.earliest ?? "", max: question.latest ?? "", required: !!question.required });
  return () => input.value || null;
};

const contact: Make = (element, { question, answer, words, changed }) => {
  const known = (answer || {}) as Record<string, string>;
  const inputs = (question.fields || ["email"]).map((name) => {
    const input = line(element, name === "name" ? "text" : name === "phone" ? "tel" : name, words[name]!, known[name], changed);
    Object.assign(input, { autocomplete: name === "phone" ? "tel" : name, maxLength: 254 });
    return [name, input] as const;
  });
  return () => {
    const found = inputs.map(([name, input]) => [name, input.value.trim()]).filter(([, value]) => value);
    return found.length ? Object.fromEntries(found) : null;
  };
};

const KINDS: Record<string, Make> = { nps: numbers, csat: numbers, ces: numbers, scale: numbers, rating: numbers, single, multiple, ranking, matrix, text, date, contact };
