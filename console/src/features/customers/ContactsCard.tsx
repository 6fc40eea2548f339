import { useContactsOf, type ContactEntry } from "../../api/contacts";
import { useFormat } from "../../design/format";
import { Answer, Lines } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import styles from "./Cards.module.css";

const FIRST = 8;

/** What the customer got, and what was held back and why. */
export function ContactsCard({ profile }: { profile: string }) {
  const say = useText();
  const contacts = useContactsOf(profile);
  return (
    <section className={styles.card} aria-labelledby="contacts">
      <h2 id="contacts">{say("contacts.customer")}</h2>
      <Answer of={contacts} skeleton={<Lines count={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim small">{say("contacts.customer.none")}</p>
          ) : (
            <>
              <ul className={styles.plainlist}>
                {items.slice(0, FIRST).map((one) => (
                  <Entry key={one.id} of={one} />
                ))}
              </ul>
              {items.length > FIRST ? <p className="dim small">{say("contacts.customer.more", { count: items.length - FIRST })}</p> : null}
            </>
          )
        }
      </Answer>
    </section>
  );
}

function Entry({ of }: { of: ContactEntry }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const held = of.reason !== null;
  return (
    <li>
      <span>{say("contacts.entry", { kind: sayOr(`contact.kind.${of.kind}`, of.kind), what: of.what.replace(/^experience:/, "") })}</span>
      <span className={styles.origin}>
        {[held ? say("contacts.held", { why: sayOr(`held.${of.reason}`, of.reason ?? "") }) : sayOr(`contact.state.${of.state}`, of.state), of.rule, format.dateTime(of.at), of.until ? say("contacts.until", { when: format.dateTime(of.until) }) : null].filter(Boolean).join(" · ")}
      </span>
    </li>
  );
}
