import { Button } from "@mantine/core";
import { IconPlus, IconSparkles } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useExperiences, type ExperienceRow, type ExperienceStatus } from "../../api/experiences";
import { usePlacements } from "../../api/placements";
import { usePopulations } from "../../api/populations";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { Standing } from "../../design/Standing";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

const ORDER: ExperienceStatus[] = ["live", "draft", "paused", "archived"];

/** All experiences, those customers see now first. */
export function ExperienceList() {
  const say = useText();
  const experiences = useExperiences();
  const editor = useMay("write");
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/experiences/$key" params={{ key: "new" }} {...props} />}>
      {say("exp.new")}
    </Button>
  );
  return (
    <Answer of={experiences}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon={<IconSparkles />} title={say("exp.empty")} action={editor ? create : null}>
            {say("exp.empty.words")}
          </Empty>
        ) : (
          <>
            <div className="row-between">
              <p className={styles.lead}>{say("exp.list.lead")}</p>
              {editor ? create : null}
            </div>
            <Rows items={items} />
          </>
        )
      }
    </Answer>
  );
}

function Rows({ items }: { items: ExperienceRow[] }) {
  const say = useText();
  const placements = new Map(usePlacements().data?.items.map((one) => [one.key, one.name]));
  const people = new Map(usePopulations().data?.map((one) => [one.value, one.name]));
  const sorted = [...items].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || b.priority - a.priority);
  const who = (one: ExperienceRow) => (one.audience ? (people.get(`audience:${one.audience}`) ?? one.audience) : one.persona ? (people.get(`persona:${one.persona}`) ?? one.persona) : say("exp.everybody"));
  return (
    <ul className={styles.rows} aria-label={say("exp.all")}>
      {sorted.map((one) => (
        <li key={one.key}>
          <Link to="/experiences/$key" params={{ key: one.key }} className={styles.item}>
            <span>
              <strong>{one.name}</strong>
              <span className="dim small">{say("exp.row", { who: who(one), place: placements.get(one.placement) ?? one.placement })}</span>
              {one.result ? <Standing of={one.result} /> : null}
            </span>
            <Tail of={one} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Tail({ of }: { of: ExperienceRow }) {
  const say = useText();
  const format = useFormat();
  return (
    <span className={styles.tail}>
      {of.experiment ? <Pill>{say("exp.tested")}</Pill> : of.variations.length > 1 ? <Pill>{say("exp.variations.count", { count: of.variations.length })}</Pill> : null}
      {of.holdout > 0 && !of.experiment ? <Pill>{say("exp.holdout.share", { share: format.percent(of.holdout) })}</Pill> : null}
      <StatusPill status={of.status} />
    </span>
  );
}

export function StatusPill({ status }: { status: ExperienceStatus }) {
  const say = useText();
  return <Pill tone={status === "live" ? "accent" : status === "draft" ? "gold" : "quiet"}>{say(`exp.status.${status}`)}</Pill>;
}
