import type { StepCount } from "../../api/questions";

/** Which step loses the largest share of those before it; -1 where no step loses anybody. */
export function worstLoss(steps: Pick<StepCount, "customers">[]): number {
  let worst = -1;
  let most = 0;
  steps.forEach((step, index) => {
    const before = steps[index - 1]?.customers ?? 0;
    const lost = before > 0 ? 1 - step.customers / before : 0;
    if (index > 0 && lost > most) [worst, most] = [index, lost];
  });
  return worst;
}
