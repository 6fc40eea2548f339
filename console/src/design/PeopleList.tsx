import { Link } from "@tanstack/react-router";
import type { Person } from "../api/people";
import { Simulated } from "./Badges";
import { useFormat } from "./format";
import styles from "./PeopleList.module.css";
import { useText } from "./text";

/** Customers one under the other, each a way to their page. */
export function PeopleList({ items }: { items: Person[] }) {
  const say = useText();
  const format = useFormat();
  return (
    <ul className={styles.list}>
      {items.map((person) => (
        <li key={person.profile}>
          <Link to="/customers/$profile" params={{ profile: person.profile }} className={styles.person}>
            <span className="grow">
              <span className={styles.name}>
                <span className="clip">{person.name || person.email || say("customer.anonymous")}</span>
                {person.simulated ? <Simulated short /> : null}
              </span>
              <span className="dim small clip">{person.name && person.email ? person.email : person.profile}</span>
            </span>
            <span className={styles.when}>
              <span>{say("people.events", { count: person.events })}</span>
              <span className="dim">{format.ago(person.last_time)}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
