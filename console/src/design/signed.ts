import { useCallback } from "react";
import { useFormat } from "./format";

/** A relative effect with its sign: +3.1 %. */
export function useSigned(): (share: number | null) => string {
  const format = useFormat();
  return useCallback((share) => (share === null ? "–" : `${share > 0 ? "+" : share < 0 ? "−" : "±"}${format.percent(Math.abs(share), 1)}`), [format]);
}
