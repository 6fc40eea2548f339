import type { StageNumbers } from "../../api/journeys";

/** One stage drawn: its bar and the three ways out of it, as heights that add up to the bar. */
export interface Node {
  key: string;
  x: number;
  top: number;
  height: number;
  skip: number;
  next: number;
  drop: number;
  last: boolean;
}

export interface Drawing {
  width: number;
  height: number;
  nodes: Node[];
}

export const COLUMN = 100;
export const BAR = 4;
const MARGIN = 8;
const ROOM = 132;
const FALL = 36;

/** Places the stages so that one customer is as high in every column; nothing is rounded up except a hairline of 1.5. */
export function drawingOf(stages: StageNumbers[]): Drawing {
  const most = Math.max(1, ...stages.map((stage) => stage.customers));
  const scale = (customers: number) => (customers <= 0 ? 0 : Math.max(1.5, (customers / most) * ROOM));
  const nodes = stages.map((stage, index) => {
    const height = scale(stage.customers);
    const share = (customers: number) => (stage.customers > 0 ? (height * Math.max(0, customers)) / stage.customers : 0);
    const last = index === stages.length - 1;
    return {
      key: stage.key,
      x: index * COLUMN + MARGIN,
      top: MARGIN + (ROOM - height) / 2,
      height,
      skip: last ? 0 : share(stage.forward - stage.next),
      next: last ? 0 : share(stage.next),
      drop: last ? 0 : share(stage.drop_off),
      last,
    };
  });
  return { width: stages.length * COLUMN, height: ROOM + MARGIN * 2 + FALL, nodes };
}

/** The band from one stage to the next; it arrives at the middle of the next bar, as high as it left. */
export function nextBand(from: Node, to: Node): string {
  const x0 = from.x + BAR;
  const x1 = to.x;
  const bend = (x1 - x0) * 0.5;
  const y0 = from.top + from.skip;
  const arrive = Math.min(from.next, to.height);
  const y1 = to.top + (to.height - arrive) / 2;
  return `M${x0} ${y0} C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1} L${x1} ${y1 + arrive} C${x1 - bend} ${y1 + arrive} ${x0 + bend} ${y0 + from.next} ${x0} ${y0 + from.next} Z`;
}

/** Those who go on, but not to the very next stage: a band over the top that fades. */
export function skipBand(node: Node): string {
  const x0 = node.x + BAR;
  const x1 = x0 + COLUMN * 0.5;
  const y0 = node.top;
  const lift = Math.max(2, y0 - 14);
  return `M${x0} ${y0} C${x0 + 20} ${y0} ${x1 - 20} ${lift} ${x1} ${lift} L${x1} ${lift + node.skip} C${x1 - 20} ${lift + node.skip} ${x0 + 20} ${y0 + node.skip} ${x0} ${y0 + node.skip} Z`;
}

/** Those who leave: a band that bends down and fades at the floor. */
export function dropBand(node: Node, floor: number): string {
  const x0 = node.x + BAR;
  const y0 = node.top + node.skip + node.next;
  const y1 = y0 + node.drop;
  // Two units of height make one of width at the floor, so that wide losses stay inside their column.
  const width = Math.min(46, Math.max(2, node.drop * 0.42));
  const inner = x0 + 10;
  const outer = inner + width;
  return `M${x0} ${y0} C${x0 + 18 + width * 0.6} ${y0} ${outer} ${y0 + node.drop * 0.5} ${outer} ${floor} L${inner} ${floor} C${inner} ${y1 + 8} ${x0 + 6} ${y1} ${x0} ${y1} Z`;
}
