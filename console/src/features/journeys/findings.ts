import type { JourneyBody, JourneyNumbers } from "../../api/journeys";
import { changeOfShare, type Change } from "../../design/change";

/** What is worth saying about a map in one sentence each. */
export type Finding =
  | { kind: "loss"; stage: string; name: string; share: number; customers: number; cell: string }
  | { kind: "change"; stage: string; name: string; to: string; change: Change; cell: string };

const ENOUGH = 30;
/** A period with fewer than a fifth of the customers of this one was another world, or lies before the first event. */
const ALIKE = 0.2;

export function findingsOf(body: JourneyBody, numbers: JourneyNumbers): Finding[] {
  const nameOf = (key: string) => body.stages.find((stage) => stage.key === key)?.name ?? key;
  const walks = numbers.stages.slice(0, -1).filter((stage) => stage.customers >= ENOUGH);
  const found: Finding[] = [];

  let changed: Extract<Finding, { kind: "change" }> | null = null;
  for (const stage of walks) {
    if (!stage.previous || stage.previous.customers < Math.max(ENOUGH, stage.customers * ALIKE)) continue;
    const change = changeOfShare(stage.next, stage.customers, stage.previous.next, stage.previous.customers);
    if (change.share === null || !change.clear) continue;
    const following = numbers.stages[numbers.stages.indexOf(stage) + 1];
    if (!following) continue;
    if (!changed || Math.abs(change.share) > Math.abs(changed.change.share ?? 0)) {
      const cell = change.share < 0 ? `dropped:${stage.key}` : `next:${stage.key}`;
      changed = { kind: "change", stage: stage.key, name: nameOf(stage.key), to: nameOf(following.key), change, cell };
    }
  }
  if (changed) found.push(changed);

  const worst = [...walks].sort((a, b) => b.drop_off - a.drop_off)[0];
  if (worst && worst.drop_off > 0) {
    found.push({ kind: "loss", stage: worst.key, name: nameOf(worst.key), share: worst.drop_off / worst.customers, customers: worst.drop_off, cell: `dropped:${worst.key}` });
  }
  return found;
}
