import { Button, SegmentedControl, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAdjustments, IconMoodSmile, IconShieldCheck } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useFriction, type FrictionItem, type FrictionLedger } from "../../api/friction";
import { useSession } from "../../api/session";
import { Door } from "../../design/Door";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../lens/lens";
import { LensBar } from "../../lens/LensBar";
import styles from "./Friction.module.css";
import { Interval } from "./Interval";
import { chosenOf, mostAtRisk, READINGS, tellingRows } from "./reading";
import { SignalIcon } from "./signals";
import { usePrecisionWords } from "./words";

const Evidence = lazy(async () => ({ default: (await import("./Evidence")).Evidence }));
const Settings = lazy(async () => ({ default: (await import("./Settings")).Settings }));

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
  const [settings, { open: change, close }] = useDisclosure(false);
  const open = (item: FrictionItem) => void navigate({ search: (old) => ({ ...old, signal: item.signal, at: item.where?.key }) });
  const all = ledger.data ? [...ledger.data.items, ...ledger.data.signals] : [];
  const chosen = chosenOf(all, search.signal, search.at);
  return (
    <Page title={say("friction.title")} lead={say("friction.lead")} actions={
        <>
          {ledger.data ? <span className="dim small">{say("state.asOf", { when: format.clock(ledger.data.as_of) })}</span> : null}
          <Button size="xs" variant="default" leftSection={<IconAdjustments size={14} aria-hidden="true" />} onClick={change}>
            {say("friction.settings")}
          </Button>
        </>
      }
    >
      <div className="row-between">
        <LensBar lens={lens} onChange={(next) => void navigate({ search: ({ by: group }) => ({ ...next, by: group }) })} comparable={false} whose />
        <SegmentedControl
          size="xs"
          aria-label={say("friction.by")}
          value={search.by === "signal" ? "signal" : "place"}
          onChange={(value) => void navigate({ search: (old) => ({ ...old, by: value === "signal" ? "signal" : undefined }), replace: true })}
          data={[
            { value: "place", label: say("friction.by.place") },
            { value: "signal", label: say("friction.by.signal") },
          ]}
        />
      </div>
      <Answer of={ledger}>{(data) => <Told ledger={data} bySignal={search.by === "signal"} fading={ledger.isPlaceholderData} open={open} />}</Answer>
      <Suspense>
        {settings ? <Settings close={close} /> : null}
        {chosen && ledger.data ? <Evidence item={chosen} days={ledger.data.outcome.days} lens={query} close={() => void navigate({ search: ({ signal: _signal, at: _at, ...rest }) => rest })} /> : null}
      </Suspense>
    </Page>
  );
}

function Told({ ledger, bySignal, fading, open }: { ledger: FrictionLedger; bySignal: boolean; fading: boolean; open: (item: FrictionItem) => void }) {
  const say = useText();
  const items = (bySignal ? ledger.signals : ledger.items).filter((item) => item.people > 0);
  if (items.length === 0) {
    return (
      <Empty icon={<IconMoodSmile />} title={say("friction.empty")} action={<Link to="/data/sources">{say("friction.empty.do")}</Link>}>
        {say("friction.empty.words")}
      </Empty>
    );
  }
  return (
    <div data-fading={fading} className={styles.ledger}>
      <Summary items={items} />
      <Ledger items={items} days={ledger.outcome.days} open={open} />
      <p className="dim small">{say("friction.limits")}</p>
    </div>
  );
}

/** One sentence on the worst: what a tired reader takes away. */
function Summary({ items }: { items: FrictionItem[] }) {
  const say = useText();
  const format = useFormat();
  const name = useSignalName();
  const worst = items.find((item) => item.verdict === "hurts" && item.value_at_risk);
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
        name: name(worst),
        where: worst.where?.text || say("friction.everywhere"),
        people: worst.people,
        amount: format.estimate(amount, currency),
        low: format.estimate(Math.max(0, Number(low)), currency),
        high: format.estimate(high, currency),
      })}
    </p>
  );
}

function useSignalName(): (item: FrictionItem) => string {
  const sayOr = useTextOr();
  return (item) => sayOr(`signal.${item.signal}`, item.name);
}

function Ledger({ items, days, open }: { items: FrictionItem[]; days: number; open: (item: FrictionItem) => void }) {
  const say = useText();
  const [all, setAll] = useState(false);
  const most = mostAtRisk(items);
  const few = tellingRows(items);
  return (
    <>
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
            {(all ? items : items.slice(0, few)).map((item) => (
              <Row key={`${item.signal} ${item.where?.key ?? ""}`} item={item} most={most} days={days} open={() => open(item)} />
            ))}
          </tbody>
        </table>
      </div>
      {items.length > few && !all ? (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
            {say("unmapped.all", { count: items.length })}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Row({ item, most, days, open }: { item: FrictionItem; most: number; days: number; open: () => void }) {
  const say = useText();
  const format = useFormat();
  const name = useSignalName()(item);
  return (
    <tr data-reading={READINGS[item.verdict]}>
      <th scope="row">
        <span className={styles.signal}>
          <SignalIcon signal={item.signal} />
          <span className="grow">
            <button type="button" className={styles.name} aria-haspopup="dialog" onClick={open}>
              {name}
            </button>
            <span className={styles.where}>{item.where?.text || say("friction.everywhere")}</span>
          </span>
        </span>
      </th>
      <td className="num">
        <Door label={say("friction.people", { count: item.people, name })} open={open}>
          <strong>{format.number(item.people)}</strong>
        </Door>
        <span className={styles.times}>{say("friction.times", { count: item.events })}</span>
      </td>
      <td className={styles.risk}>{item.value_at_risk ? <Interval at={item.value_at_risk} most={most} faint={item.verdict !== "hurts"} /> : <span className="dim small">{say("friction.noValue")}</span>}</td>
      <td className={styles.precision}>
        <Precision item={item} days={days} />
      </td>
    </tr>
  );
}

/** How well the signal tells who is lost, in one line; the whole sentence on hover and for screen readers. */
function Precision({ item, days }: { item: FrictionItem; days: number }) {
  const say = useText();
  const format = useFormat();
  const sentence = usePrecisionWords()(item, days);
  const reading = READINGS[item.verdict];
  const words = say(`friction.reading.${reading}`);
  if (!sentence || !item.lift) return <span className="dim small">{words}</span>;
  return (
    <Tooltip label={sentence}>
      <span className={styles.reading} data-reading={reading}>
        {reading === "hurts" ? <strong aria-hidden="true">{say("friction.lift", { times: format.times(item.lift.value) })} </strong> : null}
        <span aria-hidden="true">{words}</span>
        <span className="visually-hidden">{`${words}. ${sentence}`}</span>
      </span>
    </Tooltip>
  );
}
