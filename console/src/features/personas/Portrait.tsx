import styles from "./Personas.module.css";

/** A drawn face, made of a few parts that a key chooses: `f1` to `f12` are offered, any other key gives one too. */
export const FACES = Array.from({ length: 12 }, (_, index) => `f${index + 1}`);

const SKIN = ["#f2d0b4", "#d9a57d", "#a8714b", "#7a4c31", "#eebf9b", "#c58b62"];
const HAIR = ["#3a2a20", "#7b4a25", "#c9953f", "#8a8f94", "#1f1d1f", "#a5472a"];
const CLOTHES = ["#14665a", "#0072b2", "#b85f92", "#c95508", "#6a7175", "#8a7d00"];
const GROUND = ["#e1efeb", "#fbf1d6", "#e6eef6", "#fdeee2"];

const CUTS = ["short", "long", "bun", "curls", "bald", "bob"] as const;

function numberOf(key: string): number {
  const own = /^f(\d+)$/.exec(key);
  if (own) return Number(own[1]) - 1;
  return [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
}

const pick = <T,>(from: readonly T[], at: number): T => from[at % from.length] as T;

function Hair({ cut, color }: { cut: (typeof CUTS)[number]; color: string }) {
  switch (cut) {
    case "short":
      return <path d="M30 45c-2-18 8-27 20-27s22 9 20 27c-2-9-7-14-12-15-8 3-18 3-22 2-3 3-5 7-6 13z" fill={color} />;
    case "long":
      return <path d="M27 74c-3-14-2-24 0-34 2-14 11-22 23-22s21 8 23 22c2 10 3 20 0 34-4 2-8 1-9-1 3-12 3-24 1-35-8-1-14-4-17-8-3 5-8 8-13 9-2 11-1 22 1 34-1 2-5 3-9 1z" fill={color} />;
    case "bun":
      return (
        <g fill={color}>
          <circle cx="50" cy="14" r="9" />
          <path d="M30 44c-2-17 8-25 20-25s22 8 20 25c-2-8-9-13-20-13s-18 5-20 13z" />
        </g>
      );
    case "curls":
      return (
        <g fill={color}>
          {[
            [31, 38],
            [33, 28],
            [40, 21],
            [50, 18],
            [60, 21],
            [67, 28],
            [69, 38],
          ].map(([x, y]) => (
            <circle key={`${x}`} cx={x} cy={y} r="9" />
          ))}
        </g>
      );
    case "bald":
      return null;
    case "bob":
      return <path d="M27 58c-3-24 6-40 23-40s26 16 23 40c-3 2-7 2-9 0 1-9 1-16-1-23-9 0-17-2-25-5-2 9-3 18-2 28-2 2-6 2-9 0z" fill={color} />;
  }
}

/** The face of a persona. Decoration: its name stands beside it. */
export function Portrait({ face, size = 72 }: { face: string; size?: number }) {
  const at = numberOf(face);
  const skin = pick(SKIN, at * 5 + 1);
  const hair = pick(HAIR, at * 7 + Math.floor(at / 6));
  const cut = pick(CUTS, at);
  return (
    <svg className={styles.portrait} width={size} height={size} viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r="50" fill={pick(GROUND, at)} />
      <clipPath id={`portrait-${face}-${size}`}>
        <circle cx="50" cy="50" r="50" />
      </clipPath>
      <g clipPath={`url(#portrait-${face}-${size})`}>
        {cut === "long" || cut === "bob" ? <Hair cut={cut} color={hair} /> : null}
        <path d="M18 104c1-20 14-28 32-28s31 8 32 28z" fill={pick(CLOTHES, at * 5)} />
        <path d="M43 62h14v14c-4 6-10 6-14 0z" fill={skin} />
        <ellipse cx="50" cy="46" rx="19" ry="23" fill={skin} />
        {cut === "long" || cut === "bob" ? <path d="M31 42c1-16 9-21 19-21s18 5 19 21c-5-3-11-7-13-11-6 6-16 9-25 11z" fill={hair} /> : <Hair cut={cut} color={hair} />}
        <circle cx="43" cy="47" r="2" fill="#23292b" />
        <circle cx="57" cy="47" r="2" fill="#23292b" />
        <path d="M44 57c4 4 8 4 12 0" fill="none" stroke="#23292b" strokeWidth="1.8" strokeLinecap="round" />
        {at % 3 === 2 ? (
          <g fill="none" stroke="#23292b" strokeWidth="1.5">
            <circle cx="43" cy="47" r="6" />
            <circle cx="57" cy="47" r="6" />
            <path d="M49 47h2" />
          </g>
        ) : null}
        {at % 6 === 4 ? <path d="M33 54c2 14 9 18 17 18s15-4 17-18c-4 6-9 8-17 8s-13-2-17-8z" fill={hair} opacity="0.85" /> : null}
      </g>
    </svg>
  );
}
