import { Button, NativeSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { blankTemplate, useEmailLook, useEmailTemplate, useEmailTemplateChange, useEmailTemplates, useSendTest, type EmailTemplate, type TemplateVersion } from "../../api/email";
import { useMay } from "../../api/session";
import { useLocale } from "../../design/locale";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Answer, Failed, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { MailLook } from "../../mail/MailLook";
import { problemsUnder } from "../../questions/problems";
import styles from "./Email.module.css";

/** One mail: what it says in each language, and how it looks on a desktop, on a phone and as plain text. */
export function EmailTemplatePage() {
  const say = useText();
  const { locale } = useLocale();
  const navigate = useNavigate();
  const { key } = useParams({ from: "/rooms/settings/email/$key" });
  const template = useEmailTemplate(key === "new" ? null : key);
  const done = (made: string) => void navigate({ to: "/settings/email/$key", params: { key: made } });
  if (key === "new") return <Form key="new" at={null} template={blankTemplate(locale)} version={0} done={done} />;
  if (template.data) return <Form key={`${key}-${template.data.version}`} at={key} template={template.data.body} version={template.data.version} done={done} />;
  return (
    <Page title={say("email.templates")}>
      <Answer of={template} skeleton={<Lines count={6} />}>
        {() => null}
      </Answer>
    </Page>
  );
}

function Form({ at, template, version, done }: { at: string | null; template: EmailTemplate; version: number; done: (key: string) => void }) {
  const say = useText();
  const may = useMay("write");
  const navigate = useNavigate();
  const { tell, tellError } = useToasts();
  const { create, save, discard } = useEmailTemplateChange();
  const taken = useEmailTemplates().data?.items.map((one) => one.key) ?? [];
  const sendTest = useSendTest();
  const [draft, setDraft] = useState(template);
  const [language, setLanguage] = useState(template.versions[0]?.language ?? "en");
  const [example, setExample] = useState(JSON.stringify(template.example, null, 2));
  const [added, setAdded] = useState("");
  const index = Math.max(
    0,
    draft.versions.findIndex((one) => one.language === language),
  );
  const now = draft.versions[index];
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const values = parsed(example);
  const body = { ...draft, example: values ?? draft.example };
  const changed = JSON.stringify(body) !== JSON.stringify(template);
  const setVersion = (change: Partial<TemplateVersion>) => setDraft({ ...draft, versions: draft.versions.map((one, place) => (place === index ? { ...one, ...change } : one)) });
  const store = () => {
    const onSuccess = (made: { key: string }) => {
      tell(say("email.template.saved", { name: body.name }));
      done(made.key);
    };
    if (version === 0) create.mutate({ key: at ?? keyOf(body.name, taken), body }, { onSuccess });
    else if (at !== null) save.mutate({ key: at, expected: version, body }, { onSuccess });
  };
  const remove = useRemoval();
  const drop = () =>
    at !== null && remove({ discard, save }, { key: at, body: template }, say("email.template.removed", { name: template.name }), () => void navigate({ to: "/settings/email" }));
  if (!now) return null;
  return (
    <Page
      wide
      title={at === null ? say("email.template.new") : template.name}
      lead={<Link to="/settings/email">{say("settings.email")}</Link>}
      actions={
        may ? (
          <>
            {version > 0 ? (
              <Button size="xs" variant="default" onClick={drop}>
                {say("action.remove")}
              </Button>
            ) : null}
            {at !== null ? (
              <Button size="xs" variant="default" disabled={changed} loading={sendTest.isPending} onClick={() => sendTest.mutate({ key: at, language: now.language }, { onSuccess: ({ address }) => tell(say("email.test.sent", { address })), onError: tellError })}>
                {say("email.test")}
              </Button>
            ) : null}
          </>
        ) : null
      }
    >
      <div className={styles.columns}>
        <form
          className="card stack"
          aria-label={say("email.template")}
          onSubmit={(event) => {
            event.preventDefault();
            store();
          }}
        >
          <fieldset disabled={!may} className={styles.bare}>
            <legend className="visually-hidden">{say("email.template")}</legend>
            <div className="stack">
              <div className={styles.pair}>
                <TextInput label={say("field.name")} required maxLength={120} value={draft.name} error={problems.name} onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })} />
                <NativeSelect label={say("email.purpose")} description={say(`email.purpose.${draft.purpose}.what`)} value={draft.purpose} data={(["marketing", "personalisation", "service"] as const).map((value) => ({ value, label: say(`email.purpose.${value}`) }))} onChange={(event) => setDraft({ ...draft, purpose: event.currentTarget.value as EmailTemplate["purpose"] })} />
              </div>
              <div className="row" style={{ alignItems: "flex-end" }}>
                <SegmentedControl size="xs" aria-label={say("email.language")} value={now.language} onChange={setLanguage} data={draft.versions.map((one) => one.language)} />
                <TextInput size="xs" w={90} label={say("email.language.add")} maxLength={20} value={added} onChange={(event) => setAdded(event.currentTarget.value)} />
                <Button
                  size="xs"
                  variant="default"
                  disabled={added.trim().length < 2 || draft.versions.some((one) => one.language === added.trim())}
                  onClick={() => {
                    setDraft({ ...draft, versions: [...draft.versions, { ...now, language: added.trim() }] });
                    setLanguage(added.trim());
                    setAdded("");
                  }}
                >
                  {say("email.add")}
                </Button>
                {draft.versions.length > 1 ? (
                  <Button size="xs" variant="subtle" color="gray" onClick={() => setDraft({ ...draft, versions: draft.versions.filter((_, place) => place !== index) })}>
                    {say("edit.removeItem", { item: now.language })}
                  </Button>
                ) : null}
              </div>
              <TextInput label={say("email.subject")} required maxLength={400} value={now.subject} error={problems[`versions[${index}].subject`] ?? problems.subject} onChange={(event) => setVersion({ subject: event.currentTarget.value })} />
              <TextInput label={say("email.preheader")} description={say("email.preheader.hint")} maxLength={400} value={now.preheader} error={problems[`versions[${index}].preheader`]} onChange={(event) => setVersion({ preheader: event.currentTarget.value })} />
              <Textarea label={say("email.body")} description={say("email.body.hint")} autosize minRows={10} maxRows={28} spellCheck={false} classNames={{ input: styles.code ?? "" }} value={now.body} error={problems[`versions[${index}].body`] ?? problems.body} onChange={(event) => setVersion({ body: event.currentTarget.value })} />
              <Textarea label={say("email.example")} description={say("email.example.hint")} autosize minRows={3} maxRows={14} spellCheck={false} classNames={{ input: styles.code ?? "" }} value={example} error={values === null ? say("email.example.broken") : undefined} onChange={(event) => setExample(event.currentTarget.value)} />
            </div>
          </fieldset>
          {error ? <Failed error={error} /> : null}
          {may ? (
            <div>
              <Button type="submit" disabled={values === null || draft.name.trim() === "" || (!changed && version > 0)} loading={create.isPending || save.isPending}>
                {say(version === 0 && at !== null ? "email.template.own" : "action.save")}
              </Button>
            </div>
          ) : null}
        </form>
        <Seen of={body} language={now.language} />
      </div>
    </Page>
  );
}

function Seen({ of, language }: { of: EmailTemplate; language: string }) {
  const say = useText();
  const look = useEmailLook(of, language);
  return (
    <section className={`card stack-s ${styles.seen}`} aria-label={say("email.preview")}>
      <MailLook label={say("email.preview")} look={look} />
      {of.name.trim() === "" ? <p className="dim">{say("email.preview.unnamed")}</p> : null}
    </section>
  );
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** A key from a name, and a number behind it where it is taken. */
function keyOf(name: string, taken: string[]): string {
  const base =
    name
      .normalize("NFD")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 56) || "mail";
  let key = base;
  for (let number = 2; taken.includes(key) || key === "new"; number += 1) key = `${base}-${number}`;
  return key;
}
