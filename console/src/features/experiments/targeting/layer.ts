import type { LayerPart } from "../../../api/experiments";

export interface Piece {
  from: number;
  to: number;
  kind: "taken" | "free" | "own" | "clash";
  /** Who takes it; of a clash, whom it would meet. */
  name: string;
}

/** What keeps its part: an experiment that ended gave it back. */
const isHeld = (one: LayerPart): boolean => one.status === "running" || one.status === "paused";

/** A layer from end to end: what others hold, what is wanted, and where the two would meet. */
export function piecesOf(parts: LayerPart[], own: { key: string; name: string; from: number; to: number } | null): Piece[] {
  const held = parts.filter((one) => isHeld(one) && one.experiment !== own?.key);
  const edges = [0, 1, ...held.flatMap((one) => [one.from, one.to]), ...(own ? [own.from, own.to] : [])];
  const cuts = [...new Set(edges)].filter((at) => at >= 0 && at <= 1).sort((a, b) => a - b);
  return cuts.slice(1).map((to, index) => {
    const from = cuts[index] ?? 0;
    const other = held.find((one) => one.from < to && from < one.to);
    const mine = own !== null && own.from < to && from < own.to;
    return { from, to, kind: mine && other ? "clash" : mine ? "own" : other ? "taken" : "free", name: other?.name ?? (mine ? own.name : "") };
  });
}

/** The widest part nobody holds, in whole percent; null where the layer is full. */
export function widest(parts: LayerPart[], key: string): { from: number; to: number } | null {
  const free = piecesOf(parts.filter((one) => one.experiment !== key), null).filter((one) => one.kind === "free");
  const [best] = free.toSorted((a, b) => b.to - b.from - (a.to - a.from));
  return best ? { from: best.from, to: best.to } : null;
}
