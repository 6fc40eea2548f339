import { expect, it } from "vitest";
import { behind, better, emptyMetric, reformed, tidy, united, whole } from "./metric";

const order = { type: "track", name: "Order Completed" };

it("begins as a conversion still without its event", () => {
  expect(whole(emptyMetric())).toBe(false);
  expect(whole({ ...emptyMetric(), measure: { form: "conversion", events: { any: [order] } } })).toBe(true);
});

it("keeps the events when the form changes, and takes a unit that the form knows", () => {
  const conversion = { ...emptyMetric(), unit: "session" as const, measure: { form: "conversion" as const, events: { any: [order] } } };
  const sum = reformed(conversion, "sum");
  expect(sum.unit).toBe("event");
  expect(sum.measure).toEqual({ form: "sum", events: { any: [order] }, property: "revenue" });
});

it("gives sessions a visit's value and the others an event's", () => {
  const mean = reformed({ ...emptyMetric(), measure: { form: "count", events: { any: [order] } } }, "mean");
  expect(united(mean, "session").measure).toEqual({ form: "mean", events: { any: [order] }, visit: "seconds" });
  expect(united(united(mean, "session"), "order").measure.property).toBe("revenue");
});

it("tells values of a property apart only where events are asked, and only by choice", () => {
  const orders = { ...emptyMetric(), unit: "event" as const, measure: { form: "count" as const, events: { any: [order] } } };
  const buyers = reformed(orders, "unique");
  expect([buyers.unit, buyers.measure.property, whole(buyers)]).toEqual(["customer", undefined, true]);
  const values = united(buyers, "event");
  expect(whole(values)).toBe(false);
  const countries = { ...values, measure: { ...values.measure, property: "country" } };
  expect(whole(countries)).toBe(true);
  expect(united(countries, "customer").measure).toEqual({ form: "unique", events: { any: [order] } });
});

it("leaves out what is still being written", () => {
  const body = { ...emptyMetric(), name: " Orders ", measure: { form: "count" as const, events: { any: [{ ...order, where: [{ property: "", op: "is", value: "" }] }, { type: "track", name: null }] } } };
  expect(tidy(body)).toMatchObject({ name: "Orders", measure: { events: { any: [{ ...order, where: [] }] } } });
});

it("knows whose metric it is", () => {
  expect(behind({ form: "conversion", events: { any: [order] } })).toEqual([order]);
  expect(behind({ form: "mean", visit: "bounce" })).toBeNull();
});

it.each([
  ["up", 0.1, 0.2, true],
  ["up", -0.2, -0.1, false],
  ["down", -0.2, -0.1, true],
  ["up", -0.1, 0.1, null],
  ["none", 0.1, 0.2, null],
] as const)("a metric that should go %s and changed by %f to %f: better is %s", (direction, low, high, expected) => {
  expect(better(direction, { low, high })).toBe(expected);
});
