/** A design token's value now, in the theme that is on. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const DASHES: (number[] | undefined)[] = [undefined, [7, 4], [2, 3], [10, 3, 2, 3]];
const MARKS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect", "emptyTriangle", "emptyDiamond"];

/** How the n-th line looks: never told apart by colour alone. */
export const look = (index: number): { color: string; dash: number[] | undefined; symbol: string } => ({
  color: `--cat-${(index % 8) + 1}`,
  dash: DASHES[Math.floor(index / 2) % 4],
  symbol: MARKS[index % 8] ?? "circle",
});
