import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { GoalRow } from "../api/goals";
import { Pill } from "../design/Badges";
import { useFormat } from "../design/format";
import { useText } from "../design/text";
import { LeftOut, Refused, useFigure } from "./figures";
import styles from "./GoalState.module.css";

/** A goal: where its metric stands, how far that is, and how much of the time is over. */
export function GoalState({ row, menu }: { row: GoalRow; menu?: ReactNode }) {
  const say = useText();
  const format = useFormat();
  const figure = useFigure();
  const { progress } = row;
  const share = progress.reached ? 1 : Math.min(1, Math.max(0, progress.share ?? 0));
  return (
    <div className={styles.goal}>
      <div className="row-between" style={{ flexWrap: "nowrap" }}>
        <strong className="grow clip">{row.name}</strong>
        {progress.reached ? <Pill tone="accent">{say("goals.reached")}</Pill> : progress.on_track === null ? null : progress.on_track ? <Pill tone="accent">{say("goals.onTrack")}</Pill> : <Pill tone="ember">{say("goals.behind")}</Pill>}
        {menu}
      </div>
      <Link to="/metrics/$key" params={{ key: row.metric }} className="small">
        {row.metric_name ?? row.metric}
      </Link>
      {progress.refused ? (
        <Refused why={progress.refused} />
      ) : (
        <>
          <span className="figures">
            <span className={styles.value}>{figure(progress.value, progress)}</span> <span className="dim">{say("goals.of", { target: figure(row.target, progress) })}</span>
          </span>
          <div className={styles.way} role="img" aria-label={say("goals.way", { share: format.percent(share), time: format.percent(progress.elapsed) })}>
            <span className={styles.gone} style={{ width: `${share * 100}%` }} />
            {progress.elapsed > 0 && progress.elapsed < 1 ? <span className={styles.today} style={{ insetInlineStart: `${progress.elapsed * 100}%` }} /> : null}
          </div>
          <LeftOut of={progress} />
        </>
      )}
      <span className="dim small">{[say("goals.due", { date: format.dayDate(row.due) }), row.owner].filter(Boolean).join(" · ")}</span>
    </div>
  );
}
