import { ActionIcon, Button, Chip, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { IN_FORCE, ON_SITE, SENT, useContactCounts, usePolicies, usePolicyChange, type Cap, type ContactCounts, type Policy, type Quiet } from "../../api/contacts";
import { useMay } from "../../api/session";
import { useFormat } from "../../design/format";
import { NumberInput } from "../../design/NumberInput";
import { Answer, Failed } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { problemsUnder } from "../../questions/problems";
import styles from "./Settings.module.css";

const KINDS = [...SENT, ...ON_SITE];
const PERIODS = ["1 day", "7 days", "30 days"];

/** How often and when people may be contacted, over every kind of contact; and what that held back lately. */
export function Contacts() {
  const counts = useContactCounts();
  const policies = usePolicies();
  return (
    <Answer of={counts}>
      {(told) => (
        <Answer of={policies}>
          {({ items }) => {
            const version = items.find((one) => one.key === IN_FORCE)?.version ?? 0;
            const as = `${version} ${JSON.stringify(told.policy)}`; // the two answers come one after the other
            return (
              <div className="stack">
                <Form key={as} policy={told.policy} version={version} />
                <Lately of={told} />
              </div>
            );
          }}
        </Answer>
      )}
    </Answer>
  );
}

function Form({ policy, version }: { policy: Policy; version: number }) {
  const say = useText();
  const may = useMay("write");
  const { tell, tellError } = useToasts();
  const { create, save } = usePolicyChange();
  const [draft, setDraft] = useState(policy);
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const caps = (next: Cap[]) => setDraft({ ...draft, caps: next });
  const quiet = (next: Quiet[]) => setDraft({ ...draft, quiet: next });
  const store = () => {
    const back = () => save.mutate({ key: IN_FORCE, expected: version + 1, body: policy }, { onError: tellError });
    const onSuccess = () => tell(say("contacts.saved"), back);
    if (version === 0) create.mutate({ key: IN_FORCE, body: draft }, { onSuccess });
    else save.mutate({ key: IN_FORCE, expected: version, body: draft }, { onSuccess });
  };
  return (
    <form
      className="card stack"
      aria-label={say("settings.contacts")}
      onSubmit={(event) => {
        event.preventDefault();
        store();
      }}
    >
      <p className="dim" style={{ margin: 0 }}>
        {say("contacts.lead")}
      </p>
      <fieldset disabled={!may} className={styles.bare}>
        <legend>{say("contacts.caps")}</legend>
        <div className="stack-s">
          {draft.caps.map((cap, index) => (
            <CapRow key={index} number={index + 1} of={cap} problem={problems[`caps[${index}].most`] ?? problems[`caps[${index}].per`] ?? problems[`caps[${index}].kinds`]} set={(next) => caps(draft.caps.map((one, at) => (at === index ? next : one)))} drop={() => caps(draft.caps.filter((_, at) => at !== index))} />
          ))}
          <div>
            <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => caps([...draft.caps, { kinds: ["popup"], most: 1, per: "1 day" }])}>
              {say("contacts.cap.add")}
            </Button>
          </div>
        </div>
      </fieldset>
      <fieldset disabled={!may} className={styles.bare}>
        <legend>{say("contacts.quiet")}</legend>
        <div className="stack-s">
          {draft.quiet.map((hours, index) => (
            <QuietRow key={index} number={index + 1} of={hours} problem={problems[`quiet[${index}].end`] ?? problems[`quiet[${index}].kinds`]} set={(next) => quiet(draft.quiet.map((one, at) => (at === index ? next : one)))} drop={() => quiet(draft.quiet.filter((_, at) => at !== index))} />
          ))}
          <div>
            <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => quiet([...draft.quiet, { kinds: ["push"], start: "21:00", end: "08:00" }])}>
              {say("contacts.quiet.add")}
            </Button>
          </div>
        </div>
      </fieldset>
      {error ? <Failed error={error} /> : null}
      {may ? (
        <div>
          <Button type="submit" loading={create.isPending || save.isPending}>
            {say("action.save")}
          </Button>
        </div>
      ) : null}
    </form>
  );
}

function Kinds({ label, value, set }: { label: string; value: string[]; set: (kinds: string[]) => void }) {
  const say = useText();
  return (
    <div className="row" role="group" aria-label={label}>
      <Chip.Group multiple value={value} onChange={set}>
        {KINDS.map((kind) => (
          <Chip key={kind} size="xs" value={kind}>
            {say(`contact.kind.${kind}`)}
          </Chip>
        ))}
      </Chip.Group>
    </div>
  );
}

function CapRow({ number, of, problem, set, drop }: { number: number; of: Cap; problem: string | undefined; set: (cap: Cap) => void; drop: () => void }) {
  const say = useText();
  return (
    <div className={styles.limit} role="group" aria-label={say("contacts.cap", { number })}>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <NumberInput size="xs" w={110} label={say("contacts.most")} min={0} value={of.most} error={problem} onChange={(value) => set({ ...of, most: Number(value) })} />
        <NativeSelect
          size="xs"
          label={say("contacts.per")}
          value={of.per}
          data={[...new Set([...PERIODS, of.per])].map((value) => ({ value, label: PERIODS.includes(value) ? say(`contacts.per.${value.replace(" ", "")}` as "contacts.per.1day") : value }))}
          onChange={(event) => set({ ...of, per: event.currentTarget.value })}
        />
        <NativeSelect
          size="xs"
          label={say("contacts.of")}
          value={of.kinds === null ? "all" : "some"}
          data={(["all", "some"] as const).map((value) => ({ value, label: say(`contacts.of.${value}`) }))}
          onChange={(event) => set({ ...of, kinds: event.currentTarget.value === "all" ? null : ["popup"] })}
        />
        <ActionIcon variant="subtle" color="gray" aria-label={say("contacts.cap.remove", { number })} onClick={drop}>
          <IconX size={16} aria-hidden="true" />
        </ActionIcon>
      </div>
      {of.kinds === null ? null : <Kinds label={say("contacts.kinds")} value={of.kinds} set={(kinds) => set({ ...of, kinds })} />}
    </div>
  );
}

function QuietRow({ number, of, problem, set, drop }: { number: number; of: Quiet; problem: string | undefined; set: (hours: Quiet) => void; drop: () => void }) {
  const say = useText();
  return (
    <div className={styles.limit} role="group" aria-label={say("contacts.quiet.number", { number })}>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput size="xs" type="time" label={say("contacts.start")} value={of.start} onChange={(event) => set({ ...of, start: event.currentTarget.value })} />
        <TextInput size="xs" type="time" label={say("contacts.end")} value={of.end} error={problem} onChange={(event) => set({ ...of, end: event.currentTarget.value })} />
        <ActionIcon variant="subtle" color="gray" aria-label={say("contacts.quiet.remove", { number })} onClick={drop}>
          <IconX size={16} aria-hidden="true" />
        </ActionIcon>
      </div>
      <Kinds label={say("contacts.kinds")} value={of.kinds} set={(kinds) => set({ ...of, kinds })} />
    </div>
  );
}

/** What was made and what was held back in the last days, by kind. */
function Lately({ of }: { of: ContactCounts }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const sums = new Map<string, { kind: string; state: string; count: number }>();
  for (const { kind, state, count } of of.items) {
    const one = sums.get(`${kind} ${state}`) ?? { kind, state, count: 0 };
    sums.set(`${kind} ${state}`, { ...one, count: one.count + count });
  }
  return (
    <section className="card stack-s" aria-labelledby="lately">
      <h2 id="lately">{say("contacts.lately")}</h2>
      {sums.size === 0 ? (
        <p className="dim" style={{ margin: 0 }}>
          {say("contacts.lately.none")}
        </p>
      ) : (
        <div className="scroll-x">
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{say("contacts.kinds")}</th>
                <th scope="col">{say("contacts.state")}</th>
                <th scope="col" className="num">
                  {say("contacts.count")}
                </th>
              </tr>
            </thead>
            <tbody>
              {[...sums.values()].map((one) => (
                <tr key={`${one.kind} ${one.state}`}>
                  <td>{sayOr(`contact.kind.${one.kind}`, one.kind)}</td>
                  <td>{sayOr(`contact.state.${one.state}`, sayOr(`held.${one.state}`, one.state))}</td>
                  <td className="num">{format.number(one.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
