import { useCallback } from "react";
import type { LeftOut as Amounts, Refusal, Shows } from "../api/metrics";
import { useSession } from "../api/session";
import { useFormat } from "../design/format";
import { useText } from "../design/text";

type Shown = { shows: Shows; currency: string | null };

/** A metric's number as what it is: money, a share, a time. */
export function useFigure(): (value: number | null | undefined, of: Shown) => string {
  const format = useFormat();
  const { currency } = useSession().workspace;
  return useCallback(
    (value, of) => {
      if (value === null || value === undefined) return "–";
      if (of.shows === "share") return format.percent(value);
      if (of.shows === "money") return format.money(value, of.currency ?? currency);
      if (of.shows === "seconds") return format.span(value);
      return Math.abs(value) >= 100 || Number.isInteger(value) ? format.compact(Math.round(value)) : format.times(value);
    },
    [format, currency],
  );
}

/** Money in other currencies, which nothing converts: how much of it is not counted. */
export function LeftOut({ of }: { of: { left_out: Amounts[] } }) {
  const say = useText();
  const format = useFormat();
  if (of.left_out.length === 0) return null;
  const parts = of.left_out.map(({ currency, amounts }) => (currency ? say("figure.left_out.in", { count: amounts, currency }) : say("figure.left_out.none", { count: amounts })));
  return <span className="dim small">{say("figure.left_out", { what: format.list(parts) })}</span>;
}

/** From where to where the value may lie, where there is an interval. */
export function Range({ of, low, high }: { of: Shown; low: number | null; high: number | null }) {
  const say = useText();
  const figure = useFigure();
  if (low === null || high === null || low === high) return null;
  return <span className="dim small figures">{say("explore.range", { low: figure(low, of), high: figure(high, of) })}</span>;
}

/** Why a metric can't be told, and what to do about it. */
export function Refused({ why }: { why: Refusal }) {
  return (
    <span className="small" style={{ color: "var(--ember-ink)", whiteSpace: "normal" }}>
      {`${why.rule.charAt(0).toUpperCase()}${why.rule.slice(1)} ${why.remedy}`}
    </span>
  );
}
