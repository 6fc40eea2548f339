import { useContactCounts } from "../../../api/contacts";
import { usePlacements } from "../../../api/placements";
import { usePopulations } from "../../../api/populations";
import type { SurveyBody } from "../../../api/surveys";
import { useFormat } from "../../../design/format";
import { useText, useTextOr } from "../../../design/text";
import { useClauseWords } from "../../../matching/clauses";
import { periodOf } from "./PeriodField";

/** Kinds of contact that a survey draws on. */
const DRAWN = ["survey", "email"];

/** Who is asked, after what, where, and how often at most: as sentences. */
export function useAskingWords(): (body: SurveyBody) => string[] {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const clause = useClauseWords();
  const people = usePopulations().data ?? [];
  const places = usePlacements().data?.items ?? [];
  const caps = useContactCounts().data?.policy.caps ?? [];
  const group = (kind: string, key: string) => people.find((one) => one.value === `${kind}:${key}`)?.name ?? key;
  const long = (period: string) => {
    const { count, unit } = periodOf(period);
    return say(`period.${unit}`, { count });
  };
  return (body) => {
    const who = body.audience ? group("audience", body.audience) : body.persona ? group("persona", body.persona) : say("survey.everybody");
    const { trigger } = body;
    const when = trigger === null ? say("survey.words.visit") : trigger.kind === "relational" ? say("survey.words.relational", { every: long(trigger.every) }) : say(trigger.delay ? "survey.words.after.later" : "survey.words.after", { events: format.list(trigger.events.map(clause)), delay: trigger.delay ? long(trigger.delay) : "" });
    const pushed = body.channels.includes("site") || body.channels.includes("email");
    const drawn = caps.filter((cap) => cap.kinds === null || cap.kinds.some((kind) => DRAWN.includes(kind)));
    return [
      say("survey.words.who", { who, channels: format.list(body.channels.map((one) => say(`survey.by.${one}`))) }),
      ...(pushed ? [when] : []),
      ...(body.channels.includes("site") && body.placement ? [say("survey.words.placement", { place: places.find((one) => one.key === body.placement)?.name ?? body.placement })] : []),
      ...(pushed && body.purpose ? [say("survey.words.purpose", { purpose: say(`consent.${body.purpose}`).toLocaleLowerCase() })] : []),
      ...(pushed && body.sample < 1 ? [say("survey.words.sample", { share: format.percent(body.sample) })] : []),
      ...(pushed ? [say("survey.words.rest", { rest: long(body.rest) })] : []),
      ...(pushed && drawn.length > 0 ? [say("survey.words.caps", { caps: format.list(drawn.map((cap) => say("survey.words.cap", { count: cap.most, per: long(cap.per), kinds: cap.kinds === null ? say("contacts.of.all") : format.list(cap.kinds.map((kind) => sayOr(`contact.kind.${kind}`, kind).toLocaleLowerCase())) }))) })] : []),
      ...(body.channels.includes("link") ? [say(body.open_link ? "survey.words.open" : "survey.words.personal")] : []),
      ...(body.anonymous ? [say("survey.words.anonymous")] : []),
      ...(body.quota ? [say("survey.words.quota", { count: body.quota })] : []),
    ];
  };
}
