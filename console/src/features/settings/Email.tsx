import { Alert, Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconMail, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { AGAIN, blankSender, SENDING, STATES, useEmailStatus, useEmailTemplates, useMailChange, useOutbox, useSender, useSenderChange, useSenders, useSuppressionChange, useSuppressions, useTrySender, type EmailStatus, type QueuedMail, type Sender } from "../../api/email";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { NumberInput } from "../../design/NumberInput";
import { Answer, Failed } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { problemsUnder } from "../../questions/problems";
import { Sending } from "./Sending";
import styles from "./Settings.module.css";

/** How mail goes out, what it is made from, what became of it, and who gets none. */
export function Email() {
  const status = useEmailStatus();
  return (
    <Answer of={status}>
      {(told) => (
        <div className="stack">
          <State of={told} />
          <SenderCard />
          <Templates />
          <Outbox />
          <Suppressions />
        </div>
      )}
    </Answer>
  );
}

function State({ of }: { of: EmailStatus }) {
  const say = useText();
  const sayOr = useTextOr();
  if (of.sender === null) {
    return (
      <Alert color="yellow" icon={<IconMail size={18} aria-hidden="true" />} title={say("email.none")}>
        {say("email.none.words")}
      </Alert>
    );
  }
  return (
    <>
      {of.trouble ? (
        <Alert color="orange" icon={<IconAlertTriangle size={18} aria-hidden="true" />} title={sayOr(`email.trouble.${of.trouble_code ?? ""}`, say("email.trouble"))}>
          {of.trouble}
        </Alert>
      ) : null}
      {of.paused ? <Alert color="yellow" title={say("email.paused")}>{say("email.paused.words")}</Alert> : null}
      {of.https ? null : <Alert color="yellow" title={say("email.plain")}>{say("email.plain.words", { address: of.address })}</Alert>}
    </>
  );
}

function SenderCard() {
  const rows = useSenders();
  const version = rows.data?.items.find((one) => one.key === SENDING)?.version ?? 0;
  const saved = useSender(version > 0 ? SENDING : null);
  return (
    <Answer of={rows}>
      {() => (version === 0 ? <SenderForm key="blank" sender={blankSender} version={0} /> : <Answer of={saved}>{(one) => <SenderForm key={one.version} sender={one.body} version={one.version} />}</Answer>)}
    </Answer>
  );
}

function SenderForm({ sender, version }: { sender: Sender; version: number }) {
  const say = useText();
  const may = useMay("write");
  const { tell, tellError } = useToasts();
  const { create, save } = useSenderChange();
  const tried = useTrySender();
  const [draft, setDraft] = useState(sender);
  const error = create.error ?? save.error ?? tried.error;
  const problems = problemsUnder(error, "");
  const set = (change: Partial<Sender>) => setDraft({ ...draft, ...change });
  const text = (name: "host" | "username" | "password_env" | "from_name" | "from_address" | "reply_to" | "return_path", more: { placeholder?: string; required?: boolean } = {}) => (
    <TextInput label={say(`email.${name}`)} {...more} description={name === "password_env" || name === "return_path" ? say(`email.${name}.hint`) : undefined} value={draft[name]} error={problems[name]} onChange={(event) => set({ [name]: event.currentTarget.value })} />
  );
  const store = () => {
    const back = () => save.mutate({ key: SENDING, expected: version + 1, body: sender }, { onError: tellError });
    const onSuccess = () => tell(say("email.saved"), version === 0 ? undefined : back);
    if (version === 0) create.mutate({ key: SENDING, body: draft }, { onSuccess });
    else save.mutate({ key: SENDING, expected: version, body: draft }, { onSuccess });
  };
  return (
    <form
      className="card stack"
      aria-labelledby="sender"
      onSubmit={(event) => {
        event.preventDefault();
        store();
      }}
    >
      <h2 id="sender">{say("email.sender")}</h2>
      <p className="dim" style={{ margin: 0 }}>
        {say("email.sender.lead")}
      </p>
      <fieldset disabled={!may} className={styles.bare}>
        <legend className="visually-hidden">{say("email.sender")}</legend>
        <div className={styles.fields}>
          {text("host", { placeholder: "smtp.example.com", required: true })}
          <NumberInput label={say("email.port")} min={1} max={65535} value={draft.port} error={problems.port} onChange={(value) => set({ port: Number(value) })} />
          <NativeSelect label={say("email.security")} value={draft.security} error={problems.security} data={(["starttls", "tls", "none"] as const).map((value) => ({ value, label: say(`email.security.${value}`) }))} onChange={(event) => set({ security: event.currentTarget.value as Sender["security"] })} />
          {text("username")}
          {text("password_env", { placeholder: "RESA_SMTP_PASSWORD" })}
          {text("from_name")}
          {text("from_address", { placeholder: "hello@example.com", required: true })}
          {text("reply_to")}
          {text("return_path", { placeholder: "bounces+{token}@example.com" })}
        </div>
        <Sending draft={draft} set={set} problems={problems} />
        <div className="stack-s" style={{ marginTop: 16 }}>
          <Switch label={say("email.track_clicks")} description={say("email.track_clicks.hint")} checked={draft.track_clicks} onChange={(event) => set({ track_clicks: event.currentTarget.checked })} />
          <Switch label={say("email.track_opens")} description={say("email.track_opens.hint")} checked={draft.track_opens} onChange={(event) => set({ track_opens: event.currentTarget.checked })} />
          <Switch label={say("email.pause")} description={say("email.pause.hint")} checked={draft.paused} onChange={(event) => set({ paused: event.currentTarget.checked })} />
        </div>
      </fieldset>
      {error ? <Failed error={error} /> : null}
      {tried.data ? (
        <Alert color={tried.data.ok ? "teal" : "orange"} role="status" title={say(tried.data.ok ? "email.try.works" : "email.try.fails")}>
          {tried.data.message}
        </Alert>
      ) : null}
      {may ? (
        <div className="row">
          <Button type="submit" loading={create.isPending || save.isPending}>
            {say("action.save")}
          </Button>
          <Button variant="default" loading={tried.isPending} onClick={() => tried.mutate(draft)}>
            {say("email.try")}
          </Button>
        </div>
      ) : null}
    </form>
  );
}

function Templates() {
  const say = useText();
  const may = useMay("write");
  const templates = useEmailTemplates();
  return (
    <section className="card stack-s" aria-labelledby="templates">
      <div className="row-between">
        <h2 id="templates">{say("email.templates")}</h2>
        {may ? (
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} renderRoot={(props) => <Link {...props} to="/settings/email/$key" params={{ key: "new" }} />}>
            {say("email.template.new")}
          </Button>
        ) : null}
      </div>
      <Answer of={templates}>
        {({ items }) => (
          <ul className={styles.rows}>
            {items.map((one) => (
              <li key={one.key} className={styles.member}>
                <div className="grow">
                  <Link to="/settings/email/$key" params={{ key: one.key }}>
                    {one.name}
                  </Link>
                  <div className="dim small">{one.description}</div>
                </div>
                {one.languages.map((language) => (
                  <Pill key={language}>{language}</Pill>
                ))}
                {one.starter ? <Pill tone="gold">{say("email.template.starter")}</Pill> : null}
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </section>
  );
}

function Outbox() {
  const say = useText();
  const [state, setState] = useState("");
  const outbox = useOutbox(state || null);
  return (
    <section className="card stack-s" aria-labelledby="outbox">
      <div className="row-between">
        <h2 id="outbox">{say("email.outbox")}</h2>
        <NativeSelect size="xs" aria-label={say("email.state")} value={state} data={[{ value: "", label: say("email.state.all") }, ...STATES.map((value) => ({ value, label: say(`email.state.${value}`) }))]} onChange={(event) => setState(event.currentTarget.value)} />
      </div>
      <Answer of={outbox}>
        {({ pages }) => {
          const mails = pages.flatMap((page) => page.items);
          if (mails.length === 0) {
            return (
              <p className="dim" style={{ margin: 0 }}>
                {say("email.outbox.none")}
              </p>
            );
          }
          return (
            <>
              <div className="scroll-x">
                <table className="plain">
                  <thead>
                    <tr>
                      <th scope="col">{say("email.when")}</th>
                      <th scope="col">{say("email.to")}</th>
                      <th scope="col">{say("email.about")}</th>
                      <th scope="col">{say("email.state")}</th>
                      <th scope="col">
                        <span className="visually-hidden">{say("email.todo")}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {mails.map((mail) => (
                      <MailRow key={mail.id} mail={mail} />
                    ))}
                  </tbody>
                </table>
              </div>
              <More of={outbox} />
            </>
          );
        }}
      </Answer>
    </section>
  );
}

const TONES: Record<string, "accent" | "ember" | "gold" | "quiet"> = { sent: "accent", delivered: "accent", failed: "ember", bounced: "ember", unclear: "gold", held: "gold" };

function MailRow({ mail }: { mail: QueuedMail }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const may = useMay("write");
  const { tell, tellError } = useToasts();
  const { again, cancel } = useMailChange();
  const quiet = ["sent", "delivered", "queued", "sending"].includes(mail.state);
  return (
    <tr>
      <td>{format.ago(mail.at)}</td>
      <td>{mail.address}</td>
      <td>
        {mail.subject || mail.what}
        {mail.subject ? <div className="dim small">{mail.what}</div> : null}
      </td>
      <td>
        <Pill tone={TONES[mail.state] ?? "quiet"}>{sayOr(`email.state.${mail.state}`, mail.state)}</Pill>
        {mail.reason && !quiet ? <div className="dim small">{mail.reason}</div> : null}
        {mail.state === "queued" && mail.attempts > 0 ? <div className="dim small">{say("email.again.at", { when: format.ago(mail.due), reason: mail.reason })}</div> : null}
      </td>
      <td className="num">
        {may && AGAIN.includes(mail.state) ? (
          <Button size="compact-xs" variant="default" loading={again.isPending} aria-label={say("email.again.label", { address: mail.address })} onClick={() => again.mutate(mail.id, { onSuccess: () => tell(say("email.again.done")), onError: tellError })}>
            {say("email.again")}
          </Button>
        ) : null}
        {may && mail.state === "queued" ? (
          <Button size="compact-xs" variant="subtle" color="gray" loading={cancel.isPending} aria-label={say("email.cancel.label", { address: mail.address })} onClick={() => cancel.mutate(mail.id, { onError: tellError })}>
            {say("action.cancel")}
          </Button>
        ) : null}
      </td>
    </tr>
  );
}

function Suppressions() {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const may = useMay("write");
  const { tell, tellError } = useToasts();
  const [search, setSearch] = useState("");
  const [address, setAddress] = useState("");
  const found = useSuppressions(search);
  const { add, drop } = useSuppressionChange();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ address }, { onSuccess: () => setAddress("") });
  };
  return (
    <section className="card stack-s" aria-labelledby="suppressed">
      <div className="row-between">
        <h2 id="suppressed">{say("email.suppressed")}</h2>
        <TextInput size="xs" aria-label={say("email.suppressed.search")} placeholder={say("email.suppressed.search")} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      </div>
      <p className="dim" style={{ margin: 0 }}>
        {say("email.suppressed.lead")}
      </p>
      <Answer of={found}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim" style={{ margin: 0 }}>
              {say("email.suppressed.none")}
            </p>
          ) : (
            <ul className={styles.rows}>
              {items.map((one) => (
                <li key={one.address} className={styles.member}>
                  <span className="grow">
                    <strong>{one.address}</strong>
                    <span className="dim small">{` ${sayOr(`email.suppressed.${one.reason}`, one.reason)} · ${format.ago(one.at)}${one.detail ? ` · ${one.detail}` : ""}`}</span>
                  </span>
                  {may ? (
                    <Button
                      size="compact-xs"
                      variant="default"
                      aria-label={say("email.suppressed.drop.label", { address: one.address })}
                      onClick={() => drop.mutate(one.address, { onSuccess: () => tell(say("email.suppressed.dropped", { address: one.address }), () => add.mutate({ address: one.address, detail: one.detail })), onError: tellError })}
                    >
                      {say("email.suppressed.drop")}
                    </Button>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      {may ? (
        <form onSubmit={submit} className="row" style={{ alignItems: "flex-end" }}>
          <TextInput size="xs" label={say("email.suppressed.address")} type="email" required value={address} onChange={(event) => setAddress(event.currentTarget.value)} />
          <Button size="xs" type="submit" variant="default" loading={add.isPending}>
            {say("email.suppressed.add")}
          </Button>
        </form>
      ) : null}
      {add.error ? <Failed error={add.error} /> : null}
    </section>
  );
}
