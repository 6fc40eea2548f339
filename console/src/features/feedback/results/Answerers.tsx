import { Link } from "@tanstack/react-router";
import type { LensQuery } from "../../../api/journeys";
import { useAnswerers, type Whose } from "../../../api/surveyResults";
import { Simulated } from "../../../design/Badges";
import { Drawer } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { More } from "../../../design/More";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "./Results.module.css";

/** The customers behind a figure, each with their latest answer. */
export function Answerers({ survey, lens, title, whose, close }: { survey: string; lens: LensQuery; title: string; whose: Whose; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const people = useAnswerers(survey, lens, whose);
  return (
    <Drawer opened onClose={close} title={<strong>{title}</strong>} size={460} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={people}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title={say("people.none")}>{say("people.none.words")}</Empty>;
          return (
            <div className="stack">
              <strong>{say("people.total", { count: data.pages[0]?.total ?? 0 })}</strong>
              <ul className={styles.people}>
                {items.map((one) => (
                  <li key={one.profile}>
                    <Link to="/customers/$profile" params={{ profile: one.profile }} className={styles.person}>
                      <span className={styles.given}>{one.score ?? "–"}</span>
                      <span className={styles.who}>
                        <span>
                          {one.name ?? one.email ?? say("customer.anonymous")} {one.simulated ? <Simulated short /> : null}
                        </span>
                        {one.comment ? <span className="dim small">{one.comment}</span> : null}
                      </span>
                      <span className="dim small">{format.ago(one.time)}</span>
                    </Link>
                  </li>
                ))}
              </ul>
              <More of={people} />
            </div>
          );
        }}
      </Answer>
    </Drawer>
  );
}
