import { Button } from "@mantine/core";
import { IconFlask, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useExperiments, type ExperimentRow, type Status } from "../../api/experiments";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { Standing } from "../../design/Standing";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiments.module.css";

/** In the order one cares: what runs, what is being prepared, what was learned. */
const GROUPS: { name: "running" | "draft" | "done"; states: Status[] }[] = [
  { name: "running", states: ["running", "paused"] },
  { name: "draft", states: ["draft"] },
  { name: "done", states: ["shipped", "stopped"] },
];

export function ExperimentList() {
  const say = useText();
  const may = useMay("write");
  const experiments = useExperiments();
  const start = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/experiments/$key" params={{ key: "new" }} {...props} />}>
      {say("experiment.new")}
    </Button>
  );
  return (
    <Answer of={experiments}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty
            icon={<IconFlask />}
            title={say("experiments.empty")}
            action={
              <div className="row">
                {may ? start : null}
                <Button variant="default" renderRoot={(props) => <Link to="/experiments/ideas" {...props} />}>
                  {say("experiments.empty.ideas")}
                </Button>
              </div>
            }
          >
            {say("experiments.empty.words")}
          </Empty>
        ) : (
          <div className="stack">
            {may ? (
              <div className="row" style={{ justifyContent: "flex-end" }}>
                {start}
              </div>
            ) : null}
            {GROUPS.map(({ name, states }) => (
              <Group key={name} name={name} rows={items.filter((row) => states.includes(row.status))} />
            ))}
          </div>
        )
      }
    </Answer>
  );
}

function Group({ name, rows }: { name: "running" | "draft" | "done"; rows: ExperimentRow[] }) {
  const say = useText();
  if (rows.length === 0) return null;
  return (
    <section className="stack-s" aria-labelledby={`group-${name}`}>
      <h2 id={`group-${name}`}>{say(`experiments.${name}`)}</h2>
      <ul className={`card flush ${styles.list}`}>
        {rows.map((row) => (
          <li key={row.key}>
            <Row row={row} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Row({ row }: { row: ExperimentRow }) {
  const say = useText();
  const format = useFormat();
  const about = [
    say("experiment.variations", { count: row.variations.length }),
    row.ended ? say("experiment.ended", { date: format.date(row.ended) }) : row.started ? say("experiment.since", { date: format.date(row.started) }) : "",
    row.owner,
  ];
  return (
    <Link to="/experiments/$key" params={{ key: row.key }} className={styles.item}>
      <span className="grow">
        <strong className={styles.title}>{row.name}</strong>
        <span className="dim small">{about.filter(Boolean).join(" · ")}</span>
        {row.result ? <Standing of={row.result} /> : null}
        {row.learning ? <span className={styles.learning}>{say("experiment.learned", { learning: row.learning })}</span> : null}
      </span>
      <State status={row.status} />
    </Link>
  );
}

const TONE = { draft: "quiet", running: "accent", paused: "gold", stopped: "quiet", shipped: "accent" } as const;

export function State({ status }: { status: Status }) {
  const say = useText();
  return <Pill tone={TONE[status]}>{say(`experiment.status.${status}`)}</Pill>;
}
