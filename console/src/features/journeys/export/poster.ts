import type { JourneyBody, JourneyNumbers, Stage, StageNumbers, Touchpoint, TouchpointNumbers } from "../../../api/journeys";
import { BAR, COLUMN, drawingOf, dropBand, nextBand, skipBand } from "../flow";

/** Everything a poster says, in the reader's language; the drawing itself knows no words. */
export interface PosterWords {
  lead: string;
  foot: string;
  number: (value: number) => string;
  goOn: (share: number) => string;
  leave: (share: number) => string;
  median: (seconds: number) => string;
  byHand: string;
  moment: string;
}

/** Paper is white whatever the screen's theme: the light tokens, as values, since a picture can't read the page's styles. */
const INK = {
  paper: "#ffffff",
  canvas: "#f6f5f1",
  line: "#e2dfd7",
  ink: "#1c2120",
  dim: "#565e5b",
  flow: "#8fbfb3",
  strong: "#14665a",
  ember: "#e8590c",
  emberInk: "#a83e05",
  gold: "#d98e04",
} as const;

const WIDE = 236; // of a column
const EDGE = 40;
const TOP = 128;
const FLOW = 210;
const FONT = "Inter, 'Segoe UI', system-ui, -apple-system, sans-serif";

export const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Breaks a text into lines of about that many letters, at most `most` of them; what is left out is marked. */
export function wrapped(text: string, letters: number, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line && line.length + word.length + 1 > letters) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  if (line) lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `${lines.slice(most - 1).join(" ").slice(0, letters - 1)}…`];
}

interface Type {
  size?: number;
  weight?: number;
  fill?: string;
}

function text(x: number, y: number, words: string, { size = 13, weight = 400, fill = INK.ink }: Type = {}): string {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(words)}</text>`;
}

/** One touchpoint as a card at a place; `height` is how much room it took. */
function card(x: number, y: number, touchpoint: Touchpoint, figures: TouchpointNumbers | undefined, whole: number, words: PosterWords): { svg: string; height: number } {
  const inner = WIDE - 40;
  const name = wrapped(touchpoint.name, 27, 2);
  const pains = touchpoint.pain_points.slice(0, 2).flatMap((pain) => wrapped(pain, 32, 2));
  const count = figures?.customers ?? 0;
  const parts = name.map((line, index) => text(x + 12, y + 22 + index * 16, line, { weight: 600 }));
  let at = y + 22 + name.length * 16;
  if (touchpoint.moment_that_matters) parts.push(`<circle cx="${x + inner + 4}" cy="${y + 17}" r="6" fill="${INK.gold}"><title>${escaped(words.moment)}</title></circle>`);
  if (touchpoint.by_hand) {
    parts.push(text(x + 12, at, words.byHand, { size: 12, fill: INK.dim }));
    at += 14;
  } else {
    parts.push(text(x + 12, at + 2, words.number(count), { size: 16, weight: 650 }));
    parts.push(`<rect x="${x + 12}" y="${at + 10}" width="${inner - 8}" height="4" rx="2" fill="${INK.line}"/>`);
    parts.push(`<rect x="${x + 12}" y="${at + 10}" width="${((inner - 8) * Math.min(1, whole > 0 ? count / whole : 0)).toFixed(1)}" height="4" rx="2" fill="${INK.flow}"/>`);
    at += 28;
  }
  for (const line of pains) {
    parts.push(text(x + 12, at, line, { size: 11, fill: INK.emberInk }));
    at += 14;
  }
  const height = at - y + 4;
  const box = `<rect x="${x}" y="${y}" width="${inner + 16}" height="${height}" rx="10" fill="${INK.paper}" stroke="${INK.line}"/>`;
  return { svg: box + parts.join(""), height };
}

function flow(stages: StageNumbers[]): string {
  const { height, nodes } = drawingOf(stages);
  const bands = nodes.map((node, index) => {
    const to = nodes[index + 1];
    return [
      node.drop > 0.2 ? `<path d="${dropBand(node, height)}" fill="url(#drop)"/>` : "",
      node.skip > 0.2 ? `<path d="${skipBand(node)}" fill="${INK.flow}" opacity="0.35"/>` : "",
      to && node.next > 0 ? `<path d="${nextBand(node, to)}" fill="${INK.flow}" opacity="0.75"/>` : "",
      `<rect x="${node.x}" y="${node.top}" width="${BAR}" height="${node.height}" rx="1" fill="${INK.strong}"/>`,
    ].join("");
  });
  return `<g transform="translate(${EDGE} ${TOP + 66}) scale(${WIDE / COLUMN} 1)">${bands.join("")}</g>`;
}

function stageHead(stage: Stage, index: number, figures: StageNumbers | undefined, last: boolean, words: PosterWords): string {
  const x = EDGE + index * WIDE + 18;
  const parts = [text(x, TOP + 18, wrapped(stage.name, 26, 1)[0] ?? "", { size: 16, weight: 650 })];
  if (!figures) return parts.join("");
  parts.push(text(x, TOP + 48, words.number(figures.customers), { size: 26, weight: 680 }));
  if (last || figures.customers === 0) return parts.join("");
  const y = TOP + 66 + FLOW;
  parts.push(text(x, y, `→ ${words.goOn(figures.next / figures.customers)}`, { size: 12, weight: 600, fill: INK.strong }));
  parts.push(text(x, y + 17, `↓ ${words.leave(figures.drop_off / figures.customers)}`, { size: 12, weight: 600, fill: INK.emberInk }));
  if (figures.median_seconds !== null) parts.push(text(x, y + 34, words.median(figures.median_seconds), { size: 11, fill: INK.dim }));
  return parts.join("");
}

/** The whole journey as one drawing: a vector picture for paper, or the source of a PNG. */
export function posterOf(body: JourneyBody, numbers: JourneyNumbers, words: PosterWords): { svg: string; width: number; height: number } {
  const figures = new Map(numbers.stages.map((stage) => [stage.key, stage]));
  const drawn = body.stages.map((stage) => figures.get(stage.key)).filter((stage) => stage !== undefined);
  const width = EDGE * 2 + body.stages.length * WIDE;
  const start = TOP + 66 + FLOW + 56;
  let floor = start;
  const columns = body.stages.map((stage, index) => {
    const own = figures.get(stage.key);
    let y = start + 12;
    const cards = stage.touchpoints.map((touchpoint) => {
      const one = card(EDGE + index * WIDE + 8, y, touchpoint, own?.touchpoints.find((found) => found.key === touchpoint.key), own?.customers ?? 0, words);
      y += one.height + 10;
      return one.svg;
    });
    floor = Math.max(floor, y);
    return stageHead(stage, index, own, index === body.stages.length - 1, words) + cards.join("");
  });
  const height = floor + 56;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}">`,
    `<defs><linearGradient id="drop" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="40" y2="184"><stop offset="0" stop-color="${INK.ember}" stop-opacity="0.8"/><stop offset="1" stop-color="${INK.ember}" stop-opacity="0.03"/></linearGradient></defs>`,
    `<rect width="${width}" height="${height}" fill="${INK.paper}"/>`,
    `<rect x="${EDGE}" y="${start}" width="${width - EDGE * 2}" height="${floor - start}" rx="14" fill="${INK.canvas}"/>`,
    text(EDGE + 18, 58, body.name, { size: 30, weight: 680 }),
    text(EDGE + 18, 86, words.lead, { size: 14, fill: INK.dim }),
    flow(drawn),
    ...columns,
    text(EDGE + 18, height - 22, words.foot, { size: 12, fill: INK.dim }),
    "</svg>",
  ].join("");
  return { svg, width, height };
}
