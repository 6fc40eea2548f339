import { Button, Textarea } from "@mantine/core";
import { IconLinkOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useLinkChange, useUnlinkPreview, type Customer, type IdentityLink } from "../../api/customers";
import { Pill } from "../../design/Badges";
import { Modal } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { Answer } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Cards.module.css";

/** The identifiers of one customer, what links them, and the way to take a link back. */
export function IdentityCard({ customer, editable }: { customer: Customer; editable: boolean }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const { relink } = useLinkChange();
  const [undoing, setUndoing] = useState<IdentityLink | null>(null);
  return (
    <section className={styles.card} aria-labelledby="identities">
      <h2 id="identities">{say("customer.identities")}</h2>
      <ul className={styles.plainlist}>
        {customer.identities.map((identity) => (
          <li key={identity.number}>
            <span className="mono" style={{ overflowWrap: "anywhere" }}>
              {identity.identity}
            </span>
            <span className={styles.origin}>{say("identity.seen", { events: identity.events, when: identity.last_seen ? format.ago(identity.last_seen) : say("word.never") })}</span>
          </li>
        ))}
      </ul>
      {customer.links.length > 0 ? (
        <>
          <h3 style={{ margin: "12px 0 0" }}>{say("customer.links")}</h3>
          <ul className={styles.plainlist}>
            {customer.links.map((link) => {
              const held = link.state === "linked";
              return (
                <li key={link.id}>
                  <div className="small" style={{ overflowWrap: "anywhere" }}>
                    <span className="mono">{link.a}</span> <span aria-hidden="true">{held ? "↔" : "⇹"}</span> <span className="mono">{link.b}</span>
                  </div>
                  <div className="row-between">
                    <span className={styles.origin}>
                      {say("link.by", { kind: sayOr(`link.${link.kind}`, link.kind), by: link.by || say("word.system"), when: format.dateTime(link.at) })}
                      {link.reason ? ` – ${link.reason}` : ""}
                    </span>
                    {held ? null : <Pill tone="gold">{sayOr(`link.state.${link.state}`, link.state)}</Pill>}
                    {!editable ? null : held ? (
                      <Button size="compact-xs" variant="default" leftSection={<IconLinkOff size={13} aria-hidden="true" />} onClick={() => setUndoing(link)}>
                        {say("link.undo")}
                      </Button>
                    ) : (
                      <Button size="compact-xs" variant="default" loading={relink.isPending} onClick={() => relink.mutate(link.id, { onSuccess: () => tell(say("link.redone")), onError: tellError })}>
                        {say("link.redo")}
                      </Button>
                    )}
                  </div>
                </li>
              );
            })}
          </ul>
        </>
      ) : null}
      {undoing ? <UndoDialog link={undoing} close={() => setUndoing(null)} /> : null}
    </section>
  );
}

/** What would come apart, shown before it does. */
function UndoDialog({ link, close }: { link: IdentityLink; close: () => void }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const preview = useUnlinkPreview(link.id);
  const { unlink, relink } = useLinkChange();
  const [reason, setReason] = useState("");
  const go = () =>
    unlink.mutate(
      { link: link.id, reason },
      {
        onSuccess: ({ profiles }) => {
          tell(say("link.undone", { count: profiles.length }), () => relink.mutate(link.id, { onError: tellError }));
          close();
        },
        onError: tellError,
      },
    );
  return (
    <Modal opened onClose={close} title={<strong>{say("unlink.title")}</strong>} size="lg" closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={preview}>
        {({ parts, warnings }) => (
          <div className="stack">
            <p style={{ margin: 0 }}>{say("unlink.lead", { count: parts.length })}</p>
            <div className={styles.parts}>
              {parts.map((part) => (
                <div key={part.profile} className={styles.part}>
                  <strong>{part.profile}</strong>
                  <div className="small dim">{say("people.events", { count: part.events })}</div>
                  {part.identities.slice(0, 8).map((identity) => (
                    <div key={identity} className="mono clip">
                      {identity}
                    </div>
                  ))}
                  {part.identities.length > 8 ? <div className="small dim">{say("list.andMore", { count: part.identities.length - 8 })}</div> : null}
                </div>
              ))}
            </div>
            {warnings.map((warning) => (
              <p key={warning} style={{ margin: 0, color: "var(--ember-ink)" }}>
                {warning}
              </p>
            ))}
            <Textarea label={say("merge.reason")} autosize minRows={1} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <div className="row-between">
              {link.message_id ? (
                <Link to="/data/live" search={{ message: link.message_id }} className="small">
                  {say("link.event")}
                </Link>
              ) : (
                <span />
              )}
              <Button loading={unlink.isPending} onClick={go}>
                {say("unlink.go")}
              </Button>
            </div>
          </div>
        )}
      </Answer>
    </Modal>
  );
}
