import { Button } from "@mantine/core";
import { IconPlus, IconTicket } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useOffers } from "../../api/offers";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

/** What can be offered, on which terms. */
export function OfferList() {
  const say = useText();
  const offers = useOffers();
  const editor = useMay("write");
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/experiences/offers/$key" params={{ key: "new" }} {...props} />}>
      {say("offer.new")}
    </Button>
  );
  return (
    <Answer of={offers}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon={<IconTicket />} title={say("offer.empty")} action={editor ? create : null}>
            {say("offer.empty.words")}
          </Empty>
        ) : (
          <>
            <div className="row-between">
              <p className={styles.lead}>{say("offer.lead")}</p>
              {editor ? create : null}
            </div>
            <ul className={styles.rows} aria-label={say("offer.all")}>
              {items.map((one) => (
                <li key={one.key}>
                  <Link to="/experiences/offers/$key" params={{ key: one.key }} className={styles.item}>
                    <strong>{one.name}</strong>
                    <span className={styles.tail}>
                      <Pill>{say(`offer.kind.${one.kind}`)}</Pill>
                      <Pill>{say(`offer.codes.${one.codes}`)}</Pill>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          </>
        )
      }
    </Answer>
  );
}
