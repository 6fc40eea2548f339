import { Tooltip } from "@mantine/core";
import { IconMoodSmile, IconShieldCheck } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { useFriction, type FrictionItem } from "../../api/friction";
import { useSession } from "../../api/session";
import { Door } from "../../design/Door";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../lens/lens";
import { LensBar } from "../../lens/LensBar";
import { Evidence } from "./Evidence";
import styles from "./Friction.module.css";
import { Interval } from "./Interval";
import { mostAtRisk, readingOf } from "./reading";
import { SignalIcon } from "./signals";

/** Where customers struggle, ranked by how many and what it puts at risk; each row opens its evidence. */
export function FrictionPage() {
  const say = useText();
  const format = useFormat();
  const navigate = useNavigate({ from: "/friction" });
  const search = useSearch({ from: "/rooms/friction" });
  const { workspace } = useSession();
  const lens = lensOf({ ...search });
  const now = Math.floor(Date.now() / 900_000) * 900_000;
  const key = JSON.stringify(lens);
  const query = useMemo(() => queryOf(JSON.parse(key) as Partial<Lens>, now, workspace.timezone, usualPeriod(workspace.demo)), [key, now, workspace]);
  const ledger = useFriction(query);
  const open = (item: FrictionItem) => void navigate({ search: (old) => ({ ...old, signal: item.signal, at: item.where || undefined }) });
  const chosen = ledger.data?.items.find((item) => item.signal === search.signal && item.where === (search.at ?? ""));
  return (
    <Page title={say("friction.title")} lead={say("friction.lead")} actions={ledger.data ? <span className="dim small">{say("state.asOf", { when: format.clock(ledger.data.as_of) })}</span> : null}>
      <LensBar lens={lens} onChange={(next) => void navigate({ search: next })} comparable={false} whose />
      <Answer of={ledger}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconMoodSmile />} title={say("friction.empty")} action={<Link to="/data/sources">{say("friction.empty.do")}</Link>}>
              {say("friction.empty.words")}
            </Empty>
          ) : (
            <div data-fading={ledger.isPlaceholderData} className={styles.ledger}>
              <Summary items={items} />
              <Ledger items={items} open={open} />
              <p className="dim small">{say("friction.limits")}</p>
            </div>
          )
        }
      </Answer>
      {chosen ? <Evidence item={chosen} lens={query} close={() => void navigate({ search: ({ signal: _signal, at: _at, ...rest }) => rest })} /> : null}
    </Page>
  );
}

/** One sentence on the worst: what a tired reader takes away. */
function Summary({ items }: { items: FrictionItem[] }) {
  const say = useText();
  const format = useFormat();
  const worst = items.find((item) => readingOf(item) === "harms" && item.value_at_risk);
  const silent = items.filter((item) => readingOf(item) !== "harms").length;
  if (!worst?.value_at_risk) {
    return (
      <p className={styles.summary}>
        <IconShieldCheck size={20} stroke={1.75} aria-hidden="true" /> {say("friction.nothingProven")}
      </p>
    );
  }
  const { amount, low, high, currency } = worst.value_at_risk;
  return (
    <p className={styles.summary} data-worst>
      {say("friction.worst", {
        name: worst.name,
        where: worst.where || say("friction.everywhere"),
        people: worst.people,
        amount: format.money(amount, currency ?? ""),
        low: format.money(Math.max(0, low), currency ?? ""),
        high: format.money(high, currency ?? ""),
      })}{" "}
      {silent > 0 ? <span className="dim">{say("friction.silent", { count: silent })}</span> : null}
    </p>
  );
}

function Ledger({ items, open }: { items: FrictionItem[]; open: (item: FrictionItem) => void }) {
  const say = useText();
  const most = mostAtRisk(items);
  return (
    <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("friction.ledger")}>
      <table className={`plain ${styles.table}`}>
        <thead>
          <tr>
            <th scope="col">{say("friction.signal")}</th>
            <th scope="col" className="num">
              {say("word.customers")}
            </th>
            <th scope="col">{say("friction.atRisk")}</th>
            <th scope="col">{say("friction.precision")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Row key={`${item.signal} ${item.where}`} item={item} most={most} open={() => open(item)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ item, most, open }: { item: FrictionItem; most: number; open: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const reading = readingOf(item);
  return (
    <tr data-reading={reading}>
      <th scope="row">
        <span className={styles.signal}>
          <SignalIcon signal={item.signal} />
          <span className="grow">
            <button type="button" className={styles.name} aria-haspopup="dialog" onClick={open}>
              {sayOr(`signal.${item.signal}`, item.name)}
            </button>
            <span className={styles.where}>{item.where || say("friction.everywhere")}</span>
          </span>
        </span>
      </th>
      <td className="num">
        <Door label={say("friction.people", { count: item.people, name: item.name })} open={open}>
          <strong>{format.number(item.people)}</strong>
        </Door>
        <span className={styles.times}>{say("friction.times", { count: item.events })}</span>
      </td>
      <td className={styles.risk}>{item.value_at_risk ? <Interval at={item.value_at_risk} most={most} faint={reading !== "harms"} /> : <span className="dim small">{say("friction.noValue")}</span>}</td>
      <td className={styles.precision}>
        <Precision item={item} />
      </td>
    </tr>
  );
}

/** How well the signal tells who is lost, in one line; the whole sentence on hover and for screen readers. */
function Precision({ item }: { item: FrictionItem }) {
  const say = useText();
  const format = useFormat();
  const reading = readingOf(item);
  const words = say(`friction.reading.${reading}`);
  if (!item.precision || !item.lift) return <span className="dim small">{words}</span>;
  const sentence = say("friction.precision.words", {
    share: format.percent(item.precision.value),
    low: format.percent(item.precision.low),
    high: format.percent(item.precision.high),
    n: item.precision.n,
    times: format.times(item.lift.value),
    least: format.times(item.lift.low),
    most: format.times(item.lift.high),
  });
  return (
    <Tooltip label={sentence}>
      <span className={styles.reading} data-reading={reading}>
        <strong aria-hidden="true">{say("friction.lift", { times: format.times(item.lift.value) })}</strong> <span aria-hidden="true">{words}</span>
        <span className="visually-hidden">{`${words}. ${sentence}`}</span>
      </span>
    </Tooltip>
  );
}
