/** QR codes (ISO/IEC 18004) made in the browser: bytes, error correction M, versions 1 to 10 (213 bytes at most). */

const EC_PER_BLOCK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5];
const MEDIUM = 0;

type Grid = boolean[][];

const sizeOf = (version: number): number => version * 4 + 17;

/** Modules that carry data or correction, over 8. */
function codewords(version: number): number {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const aligned = Math.floor(version / 7) + 2;
    modules -= (25 * aligned - 10) * aligned - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

const capacity = (version: number): number => codewords(version) - (EC_PER_BLOCK[version - 1] ?? 0) * (BLOCKS[version - 1] ?? 0);

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

function divisor(degree: number): number[] {
  const result = [...zeros(degree - 1), 1];
  let root = 1;
  for (let step = 0; step < degree; step += 1) {
    for (let at = 0; at < degree; at += 1) result[at] = times(result[at] ?? 0, root) ^ (result[at + 1] ?? 0);
    root = times(root, 2);
  }
  return result;
}

/** Reed-Solomon correction of a block. */
function correction(data: number[], by: number[]): number[] {
  const rest = zeros(by.length);
  for (const value of data) {
    const factor = value ^ (rest.shift() ?? 0);
    rest.push(0);
    by.forEach((each, at) => (rest[at] = (rest[at] ?? 0) ^ times(each, factor)));
  }
  return rest;
}

/** The bytes with mode, length and padding; null where they don't fit. */
function payload(bytes: Uint8Array): { version: number; data: number[] } | null {
  for (let version = 1; version <= 10; version += 1) {
    const room = capacity(version);
    const lengthBits = version < 10 ? 8 : 16;
    if (4 + lengthBits + bytes.length * 8 > room * 8) continue;
    const bits: number[] = [];
    const put = (value: number, count: number) => {
      for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >>> bit) & 1);
    };
    put(4, 4);
    put(bytes.length, lengthBits);
    for (const byte of bytes) put(byte, 8);
    put(0, Math.min(4, room * 8 - bits.length));
    put(0, (8 - (bits.length % 8)) % 8);
    const data = Array.from({ length: bits.length / 8 }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0));
    for (let pad = 0xec; data.length < room; pad ^= 0xec ^ 0x11) data.push(pad);
    return { version, data };
  }
  return null;
}

/** Blocks with their correction, interleaved. */
function interleaved(data: number[], version: number): number[] {
  const count = BLOCKS[version - 1] ?? 1;
  const extra = EC_PER_BLOCK[version - 1] ?? 0;
  const whole = codewords(version);
  const short = count - (whole % count);
  const length = Math.floor(whole / count) - extra;
  const by = divisor(extra);
  let from = 0;
  const blocks = Array.from({ length: count }, (_, index) => {
    const part = data.slice(from, (from += length + (index < short ? 0 : 1)));
    return { part, rest: correction(part, by) };
  });
  const out: number[] = [];
  for (let at = 0; at <= length; at += 1) for (const { part } of blocks) if (at < part.length) out.push(part[at] ?? 0);
  for (let at = 0; at < extra; at += 1) for (const { rest } of blocks) out.push(rest[at] ?? 0);
  return out;
}

class Drawing {
  readonly size: number;
  readonly dark: Grid;
  private readonly fixed: Grid;

  constructor(private readonly version: number) {
    this.size = sizeOf(version);
    this.dark = Array.from({ length: this.size }, () => Array.from({ length: this.size }, () => false));
    this.fixed = this.dark.map((row) => [...row]);
    this.patterns();
  }

  /** Zigzag from the lower right, two columns at a time. */
  fill(words: number[]): void {
    let bit = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step += 1) {
        const upwards = ((right + 1) & 2) === 0;
        const y = upwards ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y]?.[x] || bit >= words.length * 8) continue;
          this.put(x, y, (((words[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1);
          bit += 1;
        }
      }
    }
  }

  mask(number: number): void {
    for (let y = 0; y < this.size; y += 1)
      for (let x = 0; x < this.size; x += 1) if (!this.fixed[y]?.[x] && masked(number, x, y)) this.put(x, y, !this.dark[y]?.[x]);
    this.format(number);
  }

  private put(x: number, y: number, dark: boolean): void {
    const row = this.dark[y];
    if (row && x >= 0 && x < this.size) row[x] = dark;
  }

  private fix(x: number, y: number, dark: boolean): void {
    const row = this.fixed[y];
    if (!row || x < 0 || x >= this.size) return;
    row[x] = true;
    this.put(x, y, dark);
  }

  private patterns(): void {
    for (let at = 0; at < this.size; at += 1) {
      this.fix(6, at, at % 2 === 0);
      this.fix(at, 6, at % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [this.size - 4, 3], [3, this.size - 4]] as const) this.square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
    const centres = alignment(this.version);
    const last = centres.length - 1;
    centres.forEach((x, column) =>
      centres.forEach((y, row) => {
        if ((column === 0 && row === 0) || (column === 0 && row === last) || (column === last && row === 0)) return;
        this.square(x, y, 2, (ring) => ring !== 1);
      }),
    );
    this.format(0);
    this.versionBits();
  }

  private square(x: number, y: number, reach: number, dark: (ring: number) => boolean): void {
    for (let dy = -reach; dy <= reach; dy += 1) for (let dx = -reach; dx <= reach; dx += 1) this.fix(x + dx, y + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
  }

  private format(mask: number): void {
    const data = (MEDIUM << 3) | mask;
    let rest = data;
    for (let step = 0; step < 10; step += 1) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (at: number) => ((bits >>> at) & 1) === 1;
    for (let at = 0; at <= 5; at += 1) this.fix(8, at, bit(at));
    this.fix(8, 7, bit(6));
    this.fix(8, 8, bit(7));
    this.fix(7, 8, bit(8));
    for (let at = 9; at < 15; at += 1) this.fix(14 - at, 8, bit(at));
    for (let at = 0; at < 8; at += 1) this.fix(this.size - 1 - at, 8, bit(at));
    for (let at = 8; at < 15; at += 1) this.fix(8, this.size - 15 + at, bit(at));
    this.fix(8, this.size - 8, true);
  }

  private versionBits(): void {
    if (this.version < 7) return;
    let rest = this.version;
    for (let step = 0; step < 12; step += 1) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let at = 0; at < 18; at += 1) {
      const dark = ((bits >>> at) & 1) === 1;
      const a = this.size - 11 + (at % 3);
      const b = Math.floor(at / 3);
      this.fix(a, b, dark);
      this.fix(b, a, dark);
    }
  }
}

function alignment(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => sizeOf(version) - 7 - at * step).reverse()];
}

function masked(number: number, x: number, y: number): boolean {
  const both = (x * y) % 2 + ((x * y) % 3);
  return [(x + y) % 2, y % 2, x % 3, (x + y) % 3, (Math.floor(x / 3) + Math.floor(y / 2)) % 2, both, both % 2, (((x + y) % 2) + ((x * y) % 3)) % 2][number] === 0;
}

/** How hard a code is to read, by the standard's four rules: the mask with the least is taken. */
function penalty(grid: Grid): number {
  const size = grid.length;
  let sum = 0;
  const columns = grid.map((_, x) => grid.map((row) => row[x] ?? false));
  for (const line of [...grid, ...columns]) {
    const text = line.map((dark) => (dark ? "1" : "0")).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
    for (let at = 0; at + 11 <= size; at += 1) if (["10111010000", "00001011101"].includes(text.slice(at, at + 11))) sum += 40;
  }
  let darks = 0;
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) {
      const here = grid[y]?.[x];
      if (here) darks += 1;
      if (x + 1 < size && y + 1 < size && here === grid[y]?.[x + 1] && here === grid[y + 1]?.[x] && here === grid[y + 1]?.[x + 1]) sum += 3;
    }
  return sum + Math.floor(Math.abs((darks * 20) / (size * size) - 10)) * 10;
}

/** The dark modules of a text, by row; null where the text is longer than the codes made here. */
export function qrCode(text: string): Grid | null {
  const made = payload(new TextEncoder().encode(text));
  if (!made) return null;
  const words = interleaved(made.data, made.version);
  const tried = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => {
    const drawing = new Drawing(made.version);
    drawing.fill(words);
    drawing.mask(mask);
    return { dark: drawing.dark, penalty: penalty(drawing.dark) };
  });
  return tried.reduce((best, one) => (one.penalty < best.penalty ? one : best)).dark;
}

/** One path for all dark modules, in units of modules with the quiet zone of four around. */
export const qrPath = (grid: Grid): string => grid.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : []))).join("");
