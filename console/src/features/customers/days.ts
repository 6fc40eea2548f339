import { dayIn } from "../../lens/lens";

/** Groups what has a time by day of the workspace, keeping the order. */
export function byDay<T extends { time: string }>(events: T[], timeZone: string): { day: string; events: T[] }[] {
  const days: { day: string; events: T[] }[] = [];
  for (const event of events) {
    const day = dayIn(Date.parse(event.time), timeZone);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}
