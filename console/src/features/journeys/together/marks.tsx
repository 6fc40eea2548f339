import { Tooltip } from "@mantine/core";
import { IconBulb, IconMessage, IconThumbUp } from "@tabler/icons-react";
import type { Cell } from "../../../api/cells";
import type { Notes } from "../../../api/notes";
import { useFormat } from "../../../design/format";
import { useText, useTextOr } from "../../../design/text";
import styles from "../Board.module.css";

export const LAYERS = ["value", "friction", "satisfaction"] as const;
export type Layer = (typeof LAYERS)[number];

/** What is laid over the board: what the team wrote by place, and one further figure of each cell. */
export interface Overlay {
  notes: Notes | undefined;
  layer: Layer | undefined;
  cells: Map<string, Cell>;
}

/** How much the team wrote on a place, as small marks; opened, the place tells what. */
export function NoteMarks({ notes, on, open }: { notes: Notes | undefined; on: string; open: () => void }) {
  const say = useText();
  const own = notes?.items.filter((note) => note.on === on) ?? [];
  const up = notes?.votes.find((vote) => vote.on === on)?.up ?? 0;
  const assumptions = own.filter((note) => note.kind === "assumption").length;
  const others = own.length - assumptions;
  if (own.length === 0 && up === 0) return null;
  return (
    <button type="button" className={styles.marks} onClick={open}>
      {assumptions > 0 ? (
        <span>
          <IconBulb size={13} aria-hidden="true" /> {assumptions}
        </span>
      ) : null}
      {others > 0 ? (
        <span>
          <IconMessage size={13} aria-hidden="true" /> {others}
        </span>
      ) : null}
      {up > 0 ? (
        <span>
          <IconThumbUp size={13} aria-hidden="true" /> {up}
        </span>
      ) : null}
      <span className="visually-hidden">{say("notes.marks", { notes: own.length, votes: up })}</span>
    </button>
  );
}

/** The figure of the chosen layer in a cell. */
export function LayerFigure({ overlay, cell }: { overlay: Overlay; cell: string }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const found = overlay.cells.get(cell);
  if (!overlay.layer || !found) return null;
  if (overlay.layer === "value") {
    const money = found.value[0];
    if (!money) return <span className={styles.layer}>{say("layer.none")}</span>;
    const amount = format.money(money.total, money.currency ?? "");
    return (
      <Tooltip label={say("layer.value.words", { amount })}>
        <span className={styles.layer}>{amount}</span>
      </Tooltip>
    );
  }
  if (overlay.layer === "friction") {
    if (!found.friction || found.friction.customers === 0) return <span className={styles.layer}>{say("layer.none")}</span>;
    return (
      <span className={styles.layer} data-ember>
        {say("layer.struggle", { customers: found.friction.customers, signals: found.friction.signals })}
      </span>
    );
  }
  const score = found.satisfaction?.[0];
  if (!score) return <span className={styles.layer}>{say("layer.none")}</span>;
  return <span className={styles.layer}>{say("layer.score", { metric: sayOr(`score.${score.metric}`, score.metric.toUpperCase()), value: format.times(score.nps ?? score.mean), answers: score.answers })}</span>;
}
