import { useCallback } from "react";
import { usePopulations } from "../api/populations";
import { useChannelName } from "../design/channels";
import { useText } from "../design/text";
import { useAddress } from "./address";

/** What a group of a split answer is called: channels, segments and personas by their names, else the value itself. */
export function useGroupName(): (group: string | null | undefined) => string {
  const say = useText();
  const channelName = useChannelName();
  const populations = usePopulations();
  const { by } = useAddress().lens;
  const known = populations.data;
  return useCallback(
    (group) => {
      if (group === null || group === undefined || group === "") return say("explore.group.none");
      if (by === "channel") return channelName(group);
      if (by === "persona" || by?.startsWith("audience:")) return known?.find((one) => one.value === group || one.value === `${by === "persona" ? "persona" : "audience"}:${group}`)?.name ?? group;
      return group;
    },
    [say, by, known, channelName],
  );
}
