/** What questions of every kind are asked with. */

export interface Condition {
  property: string;
  op: string;
  value: unknown;
}

/** Events of one type, and of one name, channel and further conditions where these are given. */
export interface Match {
  type: string;
  name?: string | null;
  where?: Condition[];
  channel?: string | null;
}

export interface Span {
  from: string;
  to: string;
}

export type Interval = "day" | "week" | "month";
