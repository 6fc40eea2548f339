import { ON_SITE, useContactCounts } from "../../api/contacts";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";

/** The caps that hold for what interrupts on the site, in words. */
export function useContacts(): string {
  const say = useText();
  const format = useFormat();
  const caps = useContactCounts().data?.policy.caps ?? [];
  const mine = caps.filter((cap) => cap.kinds === null || cap.kinds.some((kind) => (ON_SITE as readonly string[]).includes(kind)));
  return format.list(mine.map((cap) => say("exp.cap", { count: cap.most, per: cap.per })));
}
