/** Buckets as the whole GrowthBook family computes them; the same in `resa/experiments/engine/hashing.py`. */

export type Range = [from: number, to: number];

/** FNV-1a with 32 bits over UTF-16 code units. */
function fnv1a(text: string): number {
  let state = 2166136261;
  for (let place = 0; place < text.length; place++) state = Math.imul(state ^ text.charCodeAt(place), 16777619) >>> 0;
  return state;
}

/** Where `value` stands between 0 and 1 under `seed`; null for a version that is not known. */
export function bucket(seed: string, value: string, version: number): number | null {
  if (version === 2) return (fnv1a(`${fnv1a(seed + value)}`) % 10000) / 10000;
  if (version === 1) return (fnv1a(value + seed) % 1000) / 1000;
  return null;
}

export function choose(place: number, ranges: readonly (readonly number[])[]): number {
  return ranges.findIndex(([from, to]) => place >= from! && place < to!);
}

export function equalWeights(count: number): number[] {
  return count > 0 ? (Array(count).fill(1 / count) as number[]) : [];
}

/** A range per variation, each filled up to `coverage` from where its weight places it. */
export function rangesOf(count: number, coverage: number | null | undefined, weights?: number[] | null): Range[] {
  const share = Math.min(1, Math.max(0, coverage ?? 1));
  const sum = (weights || []).reduce((total, weight) => total + weight, 0);
  const used = !weights || weights.length !== count || Math.abs(sum - 1) > 0.01 ? equalWeights(count) : weights;
  let start = 0;
  return used.map((weight) => {
    const range: Range = [start, start + share * weight];
    start += weight;
    return range;
  });
}

export function inNamespace(value: string, [name, from, to]: [string, number, number]): boolean {
  const place = bucket(`__${name}`, value, 1)!;
  return place >= +from && place < +to;
}
