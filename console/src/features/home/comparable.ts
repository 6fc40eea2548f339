import type { HomeAnswer } from "../../api/home";

/** Whether the period may be held against the one before: a simulation that begins within it would be told as growth. */
export const comparable = (trend: HomeAnswer["trend"]): boolean => !(trend[0]?.simulated === 0 && trend.some((one) => one.simulated > 0));
