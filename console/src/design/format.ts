import { useMemo } from "react";
import { useIntl, type IntlShape } from "react-intl";

const DAY = 86_400;

/** Splits a span into its one or two largest units: 93784 s -> 1 day, 2 hours. */
export function spanParts(seconds: number): { unit: "day" | "hour" | "minute" | "second"; value: number }[] {
  const units = [
    { unit: "day" as const, size: DAY },
    { unit: "hour" as const, size: 3600 },
    { unit: "minute" as const, size: 60 },
    { unit: "second" as const, size: 1 },
  ];
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(({ size }) => whole >= size);
  if (first === -1) return [{ unit: "second", value: 0 }];
  const parts: { unit: "day" | "hour" | "minute" | "second"; value: number }[] = [];
  let rest = whole;
  for (const { unit, size } of units.slice(first, first + 2)) {
    const value = Math.floor(rest / size);
    rest -= value * size;
    if (value > 0 || parts.length === 0) parts.push({ unit, value });
  }
  // Past five days or hours the smaller unit is noise.
  return (parts[0]?.value ?? 0) >= 5 ? parts.slice(0, 1) : parts;
}

export interface Format {
  number: (value: number) => string;
  compact: (value: number) => string;
  percent: (share: number, digits?: number) => string;
  money: (value: string | number, currency: string) => string;
  /** Money that is inferred and not counted: without cents, which nobody could know. */
  estimate: (value: string | number, currency: string) => string;
  date: (iso: string) => string;
  /** A calendar day (2026-11-21), which has no time zone: short, without the year, or in full. */
  dayShort: (day: string) => string;
  dayDate: (day: string) => string;
  dayLong: (day: string) => string;
  /** A moment's month, and its calendar day, both in the workspace's time zone. */
  month: (iso: string) => string;
  dayOf: (iso: string) => string;
  times: (ratio: number) => string;
  dateTime: (iso: string) => string;
  time: (iso: string) => string;
  clock: (iso: string) => string;
  ago: (iso: string) => string;
  span: (seconds: number) => string;
  bytes: (count: number) => string;
  list: (items: string[]) => string;
}

function ago(intl: IntlShape, iso: string): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return intl.formatRelativeTime(Math.round(seconds), "second", { numeric: "auto" });
  if (size < 3600) return intl.formatRelativeTime(Math.round(seconds / 60), "minute");
  if (size < DAY) return intl.formatRelativeTime(Math.round(seconds / 3600), "hour");
  if (size < 60 * DAY) return intl.formatRelativeTime(Math.round(seconds / DAY), "day", { numeric: "auto" });
  return intl.formatDate(iso, { dateStyle: "medium" });
}

export function formatOf(intl: IntlShape): Format {
  return {
    number: (value) => intl.formatNumber(value),
    compact: (value) => intl.formatNumber(value, value < 10_000 ? {} : { notation: "compact", maximumFractionDigits: 1 }),
    percent: (share, digits) =>
      intl.formatNumber(share, { style: "percent", maximumFractionDigits: digits ?? (share > 0 && share < 0.1 ? 1 : 0) }),
    money: (value, currency) => {
      const amount = Number(value);
      const options = Math.abs(amount) >= 1000 ? { maximumFractionDigits: 0 } : {};
      return currency ? intl.formatNumber(amount, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...options }) : intl.formatNumber(amount);
    },
    estimate: (value, currency) => {
      const options = Math.abs(Number(value)) >= 10 ? { maximumFractionDigits: 0 } : {};
      return intl.formatNumber(Number(value), { style: "currency", currency, currencyDisplay: "narrowSymbol", ...options });
    },
    date: (iso) => intl.formatDate(iso, { dateStyle: "medium" }),
    dayShort: (day) => intl.formatDate(day.slice(0, 10), { day: "numeric", month: "short", timeZone: "UTC" }),
    dayDate: (day) => intl.formatDate(day.slice(0, 10), { dateStyle: "medium", timeZone: "UTC" }),
    dayLong: (day) => intl.formatDate(day.slice(0, 10), { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }),
    month: (iso) => intl.formatDate(iso, { month: "short", year: "numeric" }),
    dayOf: (iso) => new Intl.DateTimeFormat("en-CA", { timeZone: intl.timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(Date.parse(iso)),
    times: (ratio) => intl.formatNumber(ratio, { maximumFractionDigits: ratio < 10 ? 1 : 0 }),
    dateTime: (iso) => intl.formatDate(iso, { dateStyle: "medium", timeStyle: "short" }),
    time: (iso) => intl.formatTime(iso, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    clock: (iso) => intl.formatTime(iso, { hour: "2-digit", minute: "2-digit" }),
    ago: (iso) => ago(intl, iso),
    span: (seconds) =>
      spanParts(seconds)
        .map(({ unit, value }) => intl.formatNumber(value, { style: "unit", unit, unitDisplay: unit === "day" ? "short" : "narrow" }))
        .join(" "),
    bytes: (count) => {
      const steps = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
      let size = count;
      let step = 0;
      while (size >= 1000 && step < steps.length - 1) {
        size /= 1000;
        step += 1;
      }
      return intl.formatNumber(size, { style: "unit", unit: steps[step] ?? "byte", unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: size < 10 ? 1 : 0 });
    },
    list: (items) => intl.formatList(items, { type: "conjunction" }),
  };
}

export function useFormat(): Format {
  const intl = useIntl();
  return useMemo(() => formatOf(intl), [intl]);
}
