import type { Measure, MetricBody, Quantity, Unit } from "../../api/metrics";
import type { Match } from "../../api/asked";

export const FORMS = ["count", "unique", "sum", "mean", "ratio", "conversion", "retention", "quantile"] as const;
export type FormName = (typeof FORMS)[number];

/** The units a form can be asked by. */
export const UNITS: Record<FormName, readonly Unit[]> = {
  count: ["event"],
  unique: ["customer", "session", "order", "event"],
  sum: ["event"],
  mean: ["customer", "session", "order", "event"],
  ratio: ["event"],
  conversion: ["customer", "session"],
  retention: ["customer"],
  quantile: ["customer", "session", "order", "event"],
};
export const SIDES = ["events", "customers", "sessions", "orders", "amount"] as const satisfies readonly Quantity["of"][];
const DAY = 86_400;

export const emptyMetric = (): MetricBody => ({ name: "", unit: "customer", measure: { form: "conversion", events: { any: [] } }, direction: "up" });

/** Another form of the same metric: what both have in common stays. */
export function reformed(body: MetricBody, form: FormName): MetricBody {
  const old = body.measure;
  const events = old.events ?? { any: [] };
  const measures: Record<FormName, Measure> = {
    count: { form, events },
    unique: { form, events },
    sum: { form, events, property: old.property ?? "revenue" },
    mean: { form, events, property: old.property ?? "revenue" },
    ratio: { form, numerator: old.numerator ?? { of: "amount", events, property: "revenue" }, denominator: old.denominator ?? { of: "customers" } },
    conversion: { form, events, ...(old.start ? { start: old.start } : {}) },
    retention: { form, start: old.start ?? events, back: old.back ?? null, after: old.after ?? DAY, within: old.within ?? 30 * DAY },
    quantile: { form, events, property: old.property ?? "revenue", q: old.q ?? 0.5 },
  };
  const { outliers: _, ...rest } = body;
  // Different values of a property are asked for by choice only.
  const kept = UNITS[form].includes(body.unit) && !(form === "unique" && body.unit === "event");
  const unit = kept ? body.unit : (UNITS[form][0] ?? "event");
  return united({ ...rest, measure: measures[form] }, unit);
}

/** The same metric by another unit: sessions have a visit's values, the others an event's; of events only, values are told apart. */
export function united(body: MetricBody, unit: Unit): MetricBody {
  const { measure } = body;
  if (measure.form === "unique") {
    const { property: of, ...others } = measure;
    return { ...body, unit, measure: unit === "event" ? { ...others, property: of ?? "" } : others };
  }
  if (measure.form !== "mean" && measure.form !== "quantile") return { ...body, unit };
  const { visit, property, among: _, ...rest } = measure;
  if (unit === "session") return { ...body, unit, measure: { ...rest, visit: visit ?? "seconds" } };
  return { ...body, unit, measure: { ...rest, property: property ?? "revenue" } };
}

const clean = (match: Match): Match | null => {
  if (match.type === "track" && !match.name) return null;
  const where = (match.where ?? []).filter((one) => one.property !== "" && (one.op === "exists" || (one.value !== null && one.value !== undefined && one.value !== "")));
  return { ...match, where };
};

/** A metric without what is still being written. A side of it that is missing stays so: the server says what is wrong. */
export function tidy(body: MetricBody): MetricBody {
  const measure = { ...body.measure };
  const events = (value: { any: Match[] } | null | undefined) => {
    const any = (value?.any ?? []).flatMap((match) => clean(match) ?? []);
    return any.length > 0 ? { any } : null;
  };
  for (const name of ["events", "start", "back", "among"] as const) {
    if (!(name in measure)) continue;
    const found = events(measure[name]);
    if (found) measure[name] = found;
    else delete measure[name];
  }
  for (const side of ["numerator", "denominator"] as const) {
    const quantity = measure[side];
    if (!quantity) continue;
    const found = events(quantity.events);
    const { events: _, property, ...rest } = quantity;
    measure[side] = { ...rest, ...(found ? { events: found } : {}), ...(quantity.of === "amount" && property ? { property } : {}) };
  }
  return { ...body, name: body.name.trim(), measure };
}

/** Whether there is enough of it to be asked. */
export function whole(body: MetricBody): boolean {
  const { measure } = tidy(body);
  switch (measure.form) {
    case "count":
    case "sum":
    case "conversion":
      return measure.events !== undefined && measure.events !== null;
    case "unique":
      return body.unit !== "event" || Boolean(measure.events && measure.property);
    case "mean":
    case "quantile":
      return body.unit === "session" || (measure.events !== undefined && measure.events !== null);
    case "ratio":
      return [measure.numerator, measure.denominator].every((side) => side && (side.of === "customers" || side.of === "sessions" || side.of === "metric" || side.events));
    default:
      return true;
  }
}

/** The events whose customers stand behind the metric; null where the metric is of everybody. */
export function behind(measure: Measure): Match[] | null {
  const events = measure.events ?? measure.start ?? measure.numerator?.events ?? null;
  return events && events.any.length > 0 ? events.any : null;
}

/** Whether a change is for the better; null where the metric has no direction or chance may have made it. */
export function better(direction: "up" | "down" | "none", change: { low: number | null; high: number | null } | null): boolean | null {
  if (direction === "none" || !change || change.low === null || change.high === null || change.low <= 0 === change.high >= 0) return null;
  return direction === "up" ? change.low > 0 : change.high < 0;
}
