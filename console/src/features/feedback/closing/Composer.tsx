import { Alert, Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconMail } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState, type FormEvent } from "react";
import { useWordsLook } from "../../../api/email";
import { useSurveys } from "../../../api/surveys";
import { useTell, useTellingPreview, type About, type Message, type TellingPreview } from "../../../api/tellings";
import { Pill } from "../../../design/Badges";
import { Modal } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { languageName } from "../../../design/languages";
import { Answer, Failed, Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { MailLook } from "../../../mail/MailLook";
import { problemsUnder } from "../../../questions/problems";
import styles from "./Closing.module.css";
import { Figure } from "./Figure";

export interface ThemeChoice {
  key: string;
  body: { name: string; into: string | null; hidden: boolean };
}

/** Milliseconds of rest after which the mail is drawn anew. */
const REST = 400;
const DAYS = [90, 180, 365, 730] as const;
const HINDRANCES = ["no_consent", "no_address", "told_before", "simulated", "anonymous"] as const;
const SPOKEN = ["en", "sv", "de", "da", "nb", "fi", "fr", "es", "it", "nl", "pl", "pt"];

/** What it is about, who will hear it, what is said; sent once somebody has looked at all three. */
export function Composer({ themes, theme, done }: { themes: ThemeChoice[]; theme: string | undefined; done: () => void }) {
  const say = useText();
  const choices = themes.filter((one) => !one.body.into && (!one.body.hidden || one.key === theme)).sort((a, b) => a.body.name.localeCompare(b.body.name));
  const [about, setAbout] = useState<About>({ theme: theme ?? choices[0]?.key ?? null, days: 365 });
  const asked = useDeferredValue(about);
  const surveys = useSurveys().data?.items ?? [];
  const chosen = Boolean(about.theme || about.survey || about.text?.trim());
  const preview = useTellingPreview(asked.theme || asked.survey || asked.text?.trim() ? { ...asked, text: asked.text?.trim() || null } : null);
  return (
    <div className="stack">
      <div className="row-between">
        <h2>{say("told.new")}</h2>
        <Button size="xs" variant="subtle" color="gray" onClick={done}>
          {say("action.cancel")}
        </Button>
      </div>
      <section className="card stack" aria-labelledby="told-about">
        <h3 id="told-about" className={styles.bare}>
          {say("told.step.about")}
        </h3>
        <p className={`dim ${styles.bare}`}>{say("told.onlyMail")}</p>
        <div className={styles.fields}>
          <NativeSelect label={say("told.theme")} value={about.theme ?? ""} data={[{ value: "", label: say("told.theme.any") }, ...choices.map((one) => ({ value: one.key, label: one.body.name }))]} onChange={(event) => setAbout({ ...about, theme: event.currentTarget.value || null })} />
          <NativeSelect label={say("told.survey")} value={about.survey ?? ""} data={[{ value: "", label: say("told.survey.any") }, ...surveys.map((one) => ({ value: one.key, label: one.name }))]} onChange={(event) => setAbout({ ...about, survey: event.currentTarget.value || null })} />
          <TextInput label={say("told.words")} description={say("told.words.what")} maxLength={120} value={about.text ?? ""} onChange={(event) => setAbout({ ...about, text: event.currentTarget.value })} />
          <NativeSelect label={say("told.days")} value={String(about.days)} data={DAYS.map((days) => ({ value: String(days), label: say("told.days.last", { days }) }))} onChange={(event) => setAbout({ ...about, days: Number(event.currentTarget.value) })} />
        </div>
      </section>
      {chosen ? <Answer of={preview}>{(found) => <Rest key={found.ready ? "ready" : "not"} about={about} found={found} done={done} />}</Answer> : <p className="dim">{say("told.choose")}</p>}
    </div>
  );
}

function Rest({ about, found, done }: { about: About; found: TellingPreview; done: () => void }) {
  return (
    <>
      <Who found={found} />
      <What about={about} found={found} done={done} />
    </>
  );
}

function Who({ found }: { found: TellingPreview }) {
  const say = useText();
  const format = useFormat();
  const [all, setAll] = useState(false);
  const shown = all ? found.people : found.people.slice(0, 8);
  return (
    <section className="card stack" aria-labelledby="told-who">
      <h3 id="told-who" className={styles.bare}>
        {say("told.step.who")}
      </h3>
      <dl className={styles.figures}>
        <Figure name={say("told.mentioned")} value={format.number(found.mentioned)} />
        <Figure name={say("told.willHear")} value={format.number(found.will_hear)} />
        {HINDRANCES.map((why) => (found[why] ? <Figure key={why} name={say(`told.hindrance.${why}`)} value={format.number(found[why])} /> : null))}
      </dl>
      <p className={`dim small ${styles.bare}`}>{say("told.who.words")}</p>
      {shown.length ? (
        <ul className={styles.people} aria-label={say("told.people")}>
          {shown.map((person) => (
            <li key={person.profile}>
              <Link to="/customers/$profile" params={{ profile: person.profile }}>
                {person.name ?? person.profile}
              </Link>
              {person.hindrance ? <Pill>{say(`told.hindrance.${person.hindrance}`)}</Pill> : <Pill tone="accent">{say("told.channel.email")}</Pill>}
              {person.language ? <span className="dim small">{languageName(person.language)}</span> : null}
            </li>
          ))}
        </ul>
      ) : null}
      {found.people.length > 8 ? (
        <Button size="xs" variant="subtle" style={{ alignSelf: "start" }} aria-expanded={all} onClick={() => setAll(!all)}>
          {say(all ? "told.less" : "told.people.all", { count: found.people.length })}
        </Button>
      ) : null}
    </section>
  );
}

/** The mail as they will get it, in the brand's colours and with its way to say no to more. */
function Seen({ language, message }: { language: string; message: Message }) {
  const say = useText();
  const [words] = useDebouncedValue({ ...message, language }, REST);
  const look = useWordsLook("/api/tellings/look", words);
  return (
    <div className="stack-s">
      <MailLook label={say("told.preview")} look={look} lines="few" />
    </div>
  );
}

const BLANK: Message = { subject: "", text: "" };

function What({ about, found, done }: { about: About; found: TellingPreview; done: () => void }) {
  const say = useText();
  const { tell: toast } = useToasts();
  const tell = useTell();
  const first = Object.entries(found.languages).sort((a, b) => b[1] - a[1])[0]?.[0] || document.documentElement.lang || "en";
  const [title, setTitle] = useState("");
  const [texts, setTexts] = useState<[string, Message][]>([[first, BLANK]]);
  const [sure, setSure] = useState(false);
  const missing = Object.keys(found.languages).filter((language) => language && !texts.some(([known]) => known === language));
  const others = [...new Set([...missing, ...SPOKEN])].filter((language) => !texts.some(([known]) => known === language));
  const change = (at: number, next: Partial<Message>) => setTexts(texts.map(([language, message], place) => [language, place === at ? { ...message, ...next } : message]));
  const problems = problemsUnder(tell.error, "");
  const send = () => {
    const request = { title: title.trim(), about: { ...about, text: about.text?.trim() || null }, texts: Object.fromEntries(texts) };
    tell.mutate(request, {
      onSuccess: (made) => {
        toast(say("told.done", { count: made.waiting + made.sent }));
        done();
      },
      onError: () => setSure(false),
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSure(true);
  };
  return (
    <form className="card stack" aria-labelledby="told-what" onSubmit={submit}>
      <h3 id="told-what" className={styles.bare}>
        {say("told.step.what")}
      </h3>
      {found.ready ? null : (
        <Alert color="yellow" icon={<IconMail size={18} aria-hidden="true" />} title={say("told.notReady")}>
          <Link to="/settings/email">{say("told.notReady.words")}</Link>
        </Alert>
      )}
      <TextInput required maxLength={120} label={say("told.name")} description={say("told.name.what")} value={title} error={problems.title} onChange={(event) => setTitle(event.currentTarget.value)} />
      {texts.map(([language, message], at) => (
        <fieldset key={language} className={styles.version}>
          <legend>{say(at === 0 && texts.length > 1 ? "told.language.first" : "told.language", { language: languageName(language), count: found.languages[language] ?? 0 })}</legend>
          <div className="stack-s">
            <TextInput required maxLength={200} label={say("told.subject")} value={message.subject} error={problems[`texts.${language}.subject`]} onChange={(event) => change(at, { subject: event.currentTarget.value })} />
            <Textarea required maxLength={10_000} autosize minRows={5} label={say("told.text")} placeholder={say("told.text.example")} value={message.text} error={problems[`texts.${language}.text`]} onChange={(event) => change(at, { text: event.currentTarget.value })} />
            {texts.length > 1 ? (
              <Button size="compact-xs" variant="subtle" color="gray" style={{ alignSelf: "start" }} onClick={() => setTexts(texts.filter((_, place) => place !== at))}>
                {say("told.language.remove", { language: languageName(language) })}
              </Button>
            ) : null}
          </div>
          <Seen language={language} message={message} />
        </fieldset>
      ))}
      <div className="row">
        <NativeSelect size="xs" aria-label={say("told.language.add")} value="" data={[{ value: "", label: say("told.language.add") }, ...others.map((value) => ({ value, label: found.languages[value] ? say("told.language", { language: languageName(value), count: found.languages[value] }) : languageName(value) }))]} onChange={(event) => event.currentTarget.value && setTexts([...texts, [event.currentTarget.value, BLANK]])} />
        {texts.length > 1 || missing.length ? <span className="dim small">{say("told.language.rest", { language: languageName(texts[0]?.[0] ?? "en") })}</span> : null}
      </div>
      <Problem>{problems.about ?? problems.sender}</Problem>
      {tell.error && Object.keys(problems).length === 0 ? <Failed error={tell.error} /> : null}
      <Button type="submit" style={{ alignSelf: "start" }} disabled={!found.ready || found.will_hear === 0}>
        {say("told.send", { count: found.will_hear })}
      </Button>
      {found.will_hear === 0 ? <p className={`dim small ${styles.bare}`}>{say("told.nobody")}</p> : null}
      <Modal opened={sure} onClose={() => setSure(false)} title={say("told.sure", { count: found.will_hear })}>
        <div className="stack">
          <p className={styles.bare}>{say("told.sure.words")}</p>
          <div className="row">
            <Button loading={tell.isPending} onClick={send}>
              {say("told.sure.yes")}
            </Button>
            <Button variant="subtle" color="gray" onClick={() => setSure(false)}>
              {say("action.cancel")}
            </Button>
          </div>
        </div>
      </Modal>
    </form>
  );
}
