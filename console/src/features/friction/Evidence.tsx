import { Link } from "@tanstack/react-router";
import { useFrictionPeople, type FrictionItem } from "../../api/friction";
import type { LensQuery } from "../../api/journeys";
import { Drawer } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { PeopleList } from "../../design/PeopleList";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import styles from "./Friction.module.css";
import { Interval } from "./Interval";
import { readingOf } from "./reading";

/** The evidence of one row: what the signal means, what it costs and how sure that is, and the customers with their timelines. */
export function Evidence({ item, lens, close }: { item: FrictionItem; lens: LensQuery; close: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const people = useFrictionPeople(item.signal, item.where, lens);
  const reading = readingOf(item);
  return (
    <Drawer opened onClose={close} title={<strong>{sayOr(`signal.${item.signal}`, item.name)}</strong>} size={480} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        <div>
          <p className={styles.where}>{item.where || say("friction.everywhere")}</p>
          <p>{sayOr(`signal.${item.signal}.what`, item.name)}</p>
        </div>
        {item.value_at_risk ? <Interval at={item.value_at_risk} most={Math.max(item.value_at_risk.high, 0)} faint={reading !== "harms"} /> : null}
        <div className={styles.box} data-reading={reading}>
          <strong>{say(`friction.reading.${reading}`)}</strong>
          <p>
            {item.precision && item.lift
              ? say("friction.precision.words", {
                  share: format.percent(item.precision.value),
                  low: format.percent(item.precision.low),
                  high: format.percent(item.precision.high),
                  n: item.precision.n,
                  times: format.times(item.lift.value),
                  least: format.times(item.lift.low),
                  most: format.times(item.lift.high),
                })
              : say("friction.early.words")}
          </p>
          {reading === "early" ? null : <p className="dim small">{say("friction.notCausal")}</p>}
        </div>
        <div className="row small">
          <Link to="/journeys">{say("friction.seeJourney")}</Link>
        </div>
        <h3>{say("friction.who")}</h3>
        <Answer of={people}>
          {(data) => {
            const items = data.pages.flatMap((page) => page.items);
            if (items.length === 0) return <Empty title={say("people.none")}>{say("people.none.words")}</Empty>;
            return (
              <div className="stack-s">
                <div className={styles.total}>{say("people.total", { count: data.pages[0]?.total ?? 0 })}</div>
                <PeopleList items={items} />
                <More of={people} />
              </div>
            );
          }}
        </Answer>
      </div>
    </Drawer>
  );
}
