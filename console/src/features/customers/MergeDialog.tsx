import { Button, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCustomers, useLinkChange, useMergePreview, type Customer, type CustomerRow } from "../../api/customers";
import { plain } from "../../design/Properties";
import { Modal } from "../../design/dialogs";
import { Answer, Lines } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Cards.module.css";
import { Face } from "./Face";

const nameOf = (one: { name: string | null; email: string | null; profile: string }) => one.name || one.email || one.profile;

/** Two customers who are one: choose the other, see what would change, merge. */
export function MergeDialog({ customer, close }: { customer: Customer; close: () => void }) {
  const say = useText();
  const [other, setOther] = useState<CustomerRow | null>(null);
  return (
    <Modal opened onClose={close} title={<strong>{say("merge.title", { name: nameOf(customer) })}</strong>} size="lg" closeButtonProps={{ "aria-label": say("action.close") }}>
      {other ? <Preview customer={customer} other={other} back={() => setOther(null)} close={close} /> : <Choose customer={customer} choose={setOther} />}
    </Modal>
  );
}

function Choose({ customer, choose }: { customer: Customer; choose: (other: CustomerRow) => void }) {
  const say = useText();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 150);
  const found = useCustomers(asked);
  return (
    <div className="stack">
      <TextInput data-autofocus leftSection={<IconSearch size={16} aria-hidden="true" />} label={say("merge.with")} placeholder={say("customers.search")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {asked === "" ? (
        <p className="dim">{say("merge.hint")}</p>
      ) : (
        <Answer of={found} skeleton={<Lines count={3} />}>
          {(data) => {
            const items = (data.pages[0]?.items ?? []).filter((one) => one.profile !== customer.profile).slice(0, 8);
            if (items.length === 0) return <p className="dim">{say("customers.none", { q: asked })}</p>;
            return (
              <div>
                {items.map((one) => (
                  <UnstyledButton key={one.profile} className={styles.choice} onClick={() => choose(one)}>
                    <Face name={nameOf(one)} seed={one.profile} />
                    <span className="grow">
                      <strong>{nameOf(one)}</strong>
                      <span className="dim small" style={{ display: "block" }}>
                        {one.profile}
                      </span>
                    </span>
                    <span className="small dim">{say("people.events", { count: one.events })}</span>
                  </UnstyledButton>
                ))}
              </div>
            );
          }}
        </Answer>
      )}
    </div>
  );
}

function Preview({ customer, other, back, close }: { customer: Customer; other: CustomerRow; back: () => void; close: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const navigate = useNavigate();
  const { tell, tellError } = useToasts();
  // The two as they were chosen: the page may learn of the merge before this closes, and then `customer` is both.
  const [profiles] = useState<[string, string]>([customer.profile, other.profile]);
  const preview = useMergePreview(...profiles);
  const { merge, unlink } = useLinkChange();
  const [reason, setReason] = useState("");
  const go = () =>
    merge.mutate(
      { profiles, reason },
      {
        onSuccess: ({ link, profile }) => {
          tell(say("merge.done", { name: nameOf(other) }), () => unlink.mutate({ link, reason: say("merge.undone.reason") }, { onError: tellError }));
          close();
          void navigate({ to: "/customers/$profile", params: { profile } });
        },
        onError: tellError,
      },
    );
  return (
    <Answer of={preview}>
      {(blast) => (
        <div className="stack">
          <p style={{ margin: 0 }}>{say("merge.blast", { other: nameOf(other), into: blast.into, identities: blast.identities, events: blast.events })}</p>
          {blast.traits.length > 0 ? (
            <table className="plain">
              <thead>
                <tr>
                  <th scope="col">{say("trait.name")}</th>
                  <th scope="col">{say("merge.keeps")}</th>
                  <th scope="col">{say("merge.givesWay")}</th>
                </tr>
              </thead>
              <tbody>
                {blast.traits.map((trait) => (
                  <tr key={trait.name}>
                    <td>{trait.name}</td>
                    <td>
                      <strong>{plain(trait.keeps)}</strong>
                    </td>
                    <td className="dim">{plain(trait.gives_way)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <p className="dim" style={{ margin: 0 }}>
              {say("merge.noTraits")}
            </p>
          )}
          {blast.consent.filter((one) => one.state === "denied").length > 0 ? (
            <p style={{ margin: 0 }}>
              {say("merge.consent", {
                purposes: blast.consent
                  .filter((one) => one.state === "denied")
                  .map((one) => sayOr(`consent.${one.purpose}`, one.purpose))
                  .join(", "),
              })}
            </p>
          ) : null}
          {blast.warnings.map((warning) => (
            <p key={warning} style={{ margin: 0, color: "var(--ember-ink)" }}>
              {warning}
            </p>
          ))}
          <Textarea label={say("merge.reason")} autosize minRows={1} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <p className="dim small" style={{ margin: 0 }}>
            {say("merge.canUndo")}
          </p>
          <div className="row-between">
            <Button variant="default" onClick={back}>
              {say("action.back")}
            </Button>
            <Button loading={merge.isPending} onClick={go}>
              {say("merge.go")}
            </Button>
          </div>
        </div>
      )}
    </Answer>
  );
}
