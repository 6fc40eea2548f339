import { Link } from "@tanstack/react-router";
import { useStruck, type FrictionItem, type Struck } from "../../api/friction";
import { useJourneys, type LensQuery } from "../../api/journeys";
import { useMay } from "../../api/session";
import { Simulated } from "../../design/Badges";
import { Drawer } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import styles from "./Friction.module.css";
import { Interval } from "./Interval";
import { READINGS } from "./reading";
import { usePrecisionWords } from "./words";

/** The evidence of one row: what the signal means, what it costs and how sure that is, and the customers with their timelines. */
export function Evidence({ item, days, lens, close }: { item: FrictionItem; days: number; lens: LensQuery; close: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const struck = useStruck(item.signal, item.where?.key, lens);
  const may = useMay("write");
  const sentence = usePrecisionWords()(item, days);
  const reading = READINGS[item.verdict];
  const first = useJourneys().data?.items[0]?.key;
  const touch = item.where?.touchpoint;
  const journey = touch?.journey ?? first;
  return (
    <Drawer opened onClose={close} title={<strong>{sayOr(`signal.${item.signal}`, item.name)}</strong>} size={480} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        <div>
          <p className={styles.where}>{item.where?.text || say("friction.everywhere")}</p>
          <p className={styles.what}>{sayOr(`signal.${item.signal}.what`, item.name)}</p>
        </div>
        {item.value_at_risk ? <Interval at={item.value_at_risk} most={Math.max(Number(item.value_at_risk.high), 0)} faint={reading !== "hurts"} /> : null}
        <div className={styles.box} data-reading={reading}>
          <strong className={styles.verdict}>{say(`friction.reading.${reading}`)}</strong>
          <p>{sentence ?? say("friction.early.words")}</p>
          {sentence ? <p className="dim small">{say("friction.notCausal")}</p> : null}
        </div>
        <div className="row">
          {may ? (
            <Link to="/experiments/$key" params={{ key: "new" }} search={{ friction: item.signal, ...(touch ? { map: touch.journey, stage: touch.stage, touchpoint: touch.touchpoint } : {}) }} className={styles.verb}>
              {say("experiment.testFix")}
            </Link>
          ) : null}
          {journey ? (
            <Link to="/journeys/$key" params={{ key: journey }} search={touch ? { point: touch.touchpoint } : {}} className={styles.verb}>
              {say("friction.seeJourney")}
            </Link>
          ) : null}
        </div>
        <h3>{say("friction.who")}</h3>
        <Answer of={struck}>
          {(data) => {
            const items = data.pages.flatMap((page) => page.items);
            if (items.length === 0) return <Empty title={say("people.none")}>{say("people.none.words")}</Empty>;
            return (
              <div className="stack-s">
                <div className={styles.total}>{say("people.total", { count: data.pages[0]?.total ?? 0 })}</div>
                <ul className={styles.people}>
                  {items.map((one) => (
                    <Person key={one.profile} one={one} />
                  ))}
                </ul>
                <More of={struck} />
              </div>
            );
          }}
        </Answer>
      </div>
    </Drawer>
  );
}

/** Somebody who hit it, with the event that shows it: the way leads to that part of the timeline. */
function Person({ one }: { one: Struck }) {
  const say = useText();
  const format = useFormat();
  return (
    <li>
      <Link to="/customers/$profile" params={{ profile: one.profile }} className={styles.person}>
        <span className="grow">
          <span className="row">
            <strong className="clip">{one.name || one.email || say("customer.anonymous")}</strong>
            {one.simulated ? <Simulated short /> : null}
          </span>
          <span className="dim small">{say("friction.shown", { event: one.event || say("word.unknown"), when: format.dateTime(one.time) })}</span>
        </span>
        <span className="small">{say("friction.times", { count: one.hits })}</span>
      </Link>
    </li>
  );
}
