import type { Brief } from "../api/experiments";
import { useFormat } from "./format";
import { useSigned } from "./signed";
import { useText } from "./text";

/** How an experiment stands, in a word and, where it is known, a figure with what chance leaves open. */
export function Standing({ of }: { of: Brief }) {
  const say = useText();
  const format = useFormat();
  const signed = useSigned();
  const { effect, metric } = of;
  const found = effect?.value == null || !metric ? "" : effect.low === null || effect.high === null ? signed(effect.value) : say("result.between", { value: signed(effect.value), low: signed(effect.low), high: signed(effect.high) });
  const told = [
    of.reached !== null && (of.standing === "collecting" || of.standing === "undecided") ? say("standing.reached", { share: format.percent(of.reached) }) : "",
    found ? say("standing.effect", { metric: metric ?? "", found }) : "",
    of.at ? say("standing.asOf", { when: format.date(of.at) }) : "",
  ];
  return (
    <span className="small" style={{ display: "block" }}>
      <b>{say(`standing.${of.standing}`)}</b>
      {told.filter(Boolean).map((one) => ` · ${one}`)}
    </span>
  );
}
