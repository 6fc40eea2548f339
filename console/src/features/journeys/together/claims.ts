import { useCallback } from "react";
import type { JourneyBody } from "../../../api/journeys";
import type { Claim } from "../../../api/notes";
import { useChannelName } from "../../../design/channels";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";

/** The name of what a note is on: the map, a stage, a touchpoint. */
export function usePlaceName(body: JourneyBody): (on: string) => string {
  const say = useText();
  return (on) => {
    const key = on.slice(on.indexOf(":") + 1);
    const found = body.stages.find((stage) => stage.key === key) ?? body.stages.flatMap((stage) => stage.touchpoints).find((touchpoint) => touchpoint.key === key);
    return on === "map" ? say("notes.map") : (found?.name ?? key);
  };
}

/** A claim as a sentence: "more than 40 % of those in Awareness come to Purchase". */
export function useClaimWords(body: JourneyBody): (claim: Claim) => string {
  const say = useText();
  const format = useFormat();
  const channel = useChannelName();
  return useCallback(
    (claim) => {
      const stage = (key: string | null | undefined) => body.stages.find((one) => one.key === key)?.name ?? key ?? "";
      const touchpoint = (key: string | null | undefined) => body.stages.flatMap((one) => one.touchpoints).find((one) => one.key === key)?.name ?? key ?? "";
      const values = { than: claim.than, share: format.percent(claim.share ?? 0) };
      if (claim.says === "goes_on") return say("claim.goes_on", { ...values, stage: stage(claim.stage), to: stage(claim.to) });
      if (claim.says === "uses") return say("claim.uses", { ...values, touchpoint: touchpoint(claim.touchpoint) });
      if (claim.says === "comes_by") return say("claim.comes_by", { ...values, channel: channel(claim.channel ?? ""), stage: claim.stage ? stage(claim.stage) : "", where: claim.stage ? "stage" : "map" });
      return say("claim.takes", { than: claim.than, touchpoint: touchpoint(claim.touchpoint), span: format.span(claim.seconds ?? 0) });
    },
    [body, say, format, channel],
  );
}
