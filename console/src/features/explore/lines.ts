/** A text and the selection in it. */
export interface Selected {
  text: string;
  from: number;
  to: number;
}

const STEP = "  ";

const block = (text: string, from: number, to: number): [number, number] => {
  const start = text.lastIndexOf("\n", from - 1) + 1;
  const end = text.indexOf("\n", Math.max(from, to - 1));
  return [start, end === -1 ? text.length : end];
};

/** Tab: two spaces at the caret, or before every line of a selection. */
export function indented(text: string, from: number, to: number): Selected {
  if (from === to) return { text: text.slice(0, from) + STEP + text.slice(to), from: from + STEP.length, to: from + STEP.length };
  const [start, end] = block(text, from, to);
  const lines = text.slice(start, end).split("\n");
  return { text: text.slice(0, start) + lines.map((line) => STEP + line).join("\n") + text.slice(end), from: from + STEP.length, to: to + STEP.length * lines.length };
}

/** Shift and Tab: up to two spaces less before every line touched. */
export function outdented(text: string, from: number, to: number): Selected {
  const [start, end] = block(text, from, to);
  const lines = text.slice(start, end).split("\n");
  const cut = lines.map((line) => Math.min(STEP.length, /^ */.exec(line)?.[0].length ?? 0));
  const gone = cut.reduce((sum, count) => sum + count, 0);
  return {
    text: text.slice(0, start) + lines.map((line, index) => line.slice(cut[index])).join("\n") + text.slice(end),
    from: Math.max(start, from - (cut[0] ?? 0)),
    to: Math.max(start, to - gone),
  };
}
