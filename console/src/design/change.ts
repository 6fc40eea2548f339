/** How much a count changed, with the interval that its smallness leaves open. */
export interface Change {
  /** now / before - 1; null when there was nothing before. */
  share: number | null;
  low: number;
  high: number;
  /** True when the 95 % interval leaves out "no change". */
  clear: boolean;
}

/** Ratio of two counts with its 95 % interval, on the log scale as for Poisson counts. */
export function changeOf(now: number, before: number): Change {
  if (before <= 0) return { share: null, low: 0, high: 0, clear: false };
  if (now <= 0) return { share: -1, low: -1, high: 3 / before - 1, clear: before > 3 };
  const ratio = now / before;
  const reach = Math.exp(1.96 * Math.sqrt(1 / now + 1 / before));
  const low = ratio / reach - 1;
  const high = ratio * reach - 1;
  return { share: ratio - 1, low, high, clear: low > 0 || high < 0 };
}

/** Relative change of a share (x of n, before: x0 of n0) with its 95 % interval, by the log of the risk ratio. */
export function changeOfShare(x: number, n: number, x0: number, n0: number): Change {
  if (x <= 0 || n <= 0 || x0 <= 0 || n0 <= 0) return { share: null, low: 0, high: 0, clear: false };
  const ratio = x / n / (x0 / n0);
  const spread = Math.sqrt(Math.max(0, 1 / x - 1 / n) + Math.max(0, 1 / x0 - 1 / n0));
  const reach = Math.exp(1.96 * spread);
  const low = ratio / reach - 1;
  const high = ratio * reach - 1;
  return { share: ratio - 1, low, high, clear: low > 0 || high < 0 };
}
