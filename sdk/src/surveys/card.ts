/** The card on the page: one question at a time, back and forth, closed by its button or Escape. It never takes the focus by itself. */
import type { Core } from "../core";
import { field, type Field, type Words } from "./fields";
import { piped, route, type Answers, type Form, type Question } from "./flow";
import { add, make } from "./making";
import { shadow } from "./style";

export interface Content {
  form: Form;
  intro: string;
  thanks: string;
  language: string;
  dir: "ltr" | "rtl";
  words: Words;
  style: Record<string, string>;
  /** Where on the page it stands; none: in the corner. */
  place: { selector: string; position: "append" | "prepend" | "before" | "after" } | null;
}

/** What the card tells of: it only shows. */
export interface Report {
  seen: (card: Element) => void;
  /** A question was answered or skipped (null). */
  answered: (given: Answers) => void;
  /** All is answered; gives back what the server refuses, by question key. */
  finished: () => Promise<Record<string, string> | null>;
  dismissed: () => void;
}

export interface Standing {
  answers: Answers;
  passed: string[];
}

export class Card {
  #host = document.createElement("div");
  #card: HTMLElement;
  #body: HTMLElement;
  #core: Core;
  #content: Content;
  #standing: Standing;
  #report: Report;
  #before = document.activeElement;
  #now: { question: Question; field: Field } | null = null;

  constructor(core: Core, content: Content, standing: Standing, report: Report) {
    this.#core = core;
    this.#content = content;
    this.#standing = standing;
    this.#report = report;
    this.#host.setAttribute("data-resa-own", "survey");
    if (Object.keys(content.style).length) this.#host.setAttribute("data-branded", "");
    for (const name of Object.keys(content.style)) this.#host.style.setProperty(name, content.style[name]!);
    this.#card = make("div", "card");
    const { place } = content;
    const element = place && document.querySelector(place.selector);
    if (element) this.#host.setAttribute("data-inline", "");
    this.#card.setAttribute("role", element ? "region" : "dialog");
    this.#card.setAttribute("aria-labelledby", "title");
    this.#card.lang = content.language;
    this.#card.dir = content.dir;
    this.#body = add(this.#card, "div", "body");
    const close = this.#button(this.#card, "close", "×", () => this.close());
    close.setAttribute("aria-label", content.words.dismiss!);
    this.#card.addEventListener(
      "keydown",
      core.guarded("survey", (event: KeyboardEvent) => {
        if (event.key === "Escape") this.close();
      }),
    );
    shadow(this.#host).append(this.#card);
    this.#ask(this.#route().next, false);
    if (element) element[place!.position](this.#host);
    else document.body.append(this.#host);
    report.seen(this.#card);
  }

  get open(): boolean {
    return this.#host.isConnected;
  }

  /** What stands in the controls now, though it was not sent yet. */
  unsent(): Answers {
    return this.#now ? given(this.#now.question, this.#now.field) : {};
  }

  away(): void {
    const inside = document.activeElement === this.#host;
    this.#host.remove();
    if (inside && this.#before instanceof HTMLElement) this.#before.focus();
  }

  close(): void {
    if (!this.open) return;
    this.away();
    if (this.#now) this.#report.dismissed();
  }

  #route(): ReturnType<typeof route> {
    return route(this.#content.form, this.#standing.answers, this.#standing.passed);
  }

  #button(to: Element, name: string, text: string, act: () => void): HTMLButtonElement {
    const button = add(to, "button", name, text) as HTMLButtonElement;
    button.type = "button";
    button.addEventListener("click", this.#core.guarded("survey", act));
    return button;
  }

  #ask(question: Question | null, focus = true): void {
    if (!question) return void this.#finish();
    const { form, words, intro } = this.#content;
    const { passed, left } = route(form, this.#standing.answers, this.#standing.passed);
    this.#body.replaceChildren();
    const form_ = add(this.#body, "form") as HTMLFormElement;
    form_.noValidate = true;
    if (intro && form.questions[0] === question) add(form_, "p", "intro", intro).style.marginInlineEnd = "36px";
    const shown = field(form, question, this.#standing.answers, words, () => {});
    this.#now = { question, field: shown };
    form_.append(shown.element);
    const problem = add(form_, "p", "problem");
    problem.setAttribute("role", "alert");
    const foot = add(form_, "div", "foot");
    const earlier = passed.map((one) => one.key).filter((key) => key !== question.key);
    if (earlier.length) this.#button(foot, "", words.back!, () => this.#back(earlier[earlier.length - 1]!));
    const onward = add(foot, "button", "primary", left > 1 ? words.next : words.send) as HTMLButtonElement;
    onward.type = "submit";
    form_.addEventListener(
      "submit",
      this.#core.guarded("survey", (event: Event) => {
        event.preventDefault();
        this.#onward(question, shown, problem);
      }),
    );
    if (form.questions.length > 1) {
      const bar = add(form_, "progress") as HTMLProgressElement;
      bar.max = earlier.length + left;
      bar.value = earlier.length;
      bar.setAttribute("aria-label", words.progress!.replace("{n}", `${earlier.length + 1}`).replace("{of}", `${earlier.length + left}`));
    }
    if (focus) this.#focus();
  }

  #focus(): void {
    const title = this.#body.querySelector<HTMLElement>("#title");
    if (!title) return;
    title.tabIndex = -1;
    title.focus();
  }

  #onward(question: Question, shown: Field, problem: HTMLElement): void {
    const answers = given(question, shown);
    if (question.required && answers[question.key] === null) return this.#complain(problem, this.#content.words.e_required!);
    Object.assign(this.#standing.answers, answers);
    for (const key of Object.keys(answers)) if (answers[key] === null) delete this.#standing.answers[key];
    if (this.#standing.passed.indexOf(question.key) < 0) this.#standing.passed.push(question.key);
    this.#report.answered(answers);
    this.#ask(this.#route().next);
  }

  /** The question before: what was answered after it waits, and counts again if the way still leads there. */
  #back(key: string): void {
    const { passed } = this.#standing;
    passed.splice(passed.indexOf(key), 1);
    this.#ask(this.#content.form.questions.find((one) => one.key === key)!);
  }

  #complain(problem: HTMLElement, text: string): void {
    problem.textContent = text;
    const control = this.#body.querySelector<HTMLElement>("input,textarea,.move");
    if (control) control.focus();
  }

  async #finish(): Promise<void> {
    this.#now = null;
    const { thanks, words, form } = this.#content;
    this.#body.replaceChildren();
    const said = add(this.#body, "p", "title", piped(thanks, form, this.#standing.answers) || words.thanks);
    said.id = "title";
    said.setAttribute("role", "status");
    this.#focus();
    const refused = await this.#report.finished();
    const keys = refused ? Object.keys(refused) : [];
    const question = form.questions.find((one) => one.key === keys[0]);
    if (question) {
      this.#back(question.key);
      this.#complain(this.#body.querySelector(".problem")!, refused![question.key]!);
    } else setTimeout(() => this.away(), 5000);
  }
}

function given(question: Question, shown: Field): Answers {
  const written = shown.written();
  return written ? { [question.key]: shown.read(), [`${question.key}.words`]: written } : { [question.key]: shown.read() };
}
