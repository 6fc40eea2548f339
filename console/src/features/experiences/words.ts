import { useCallback } from "react";
import { BLOCKS, useContents } from "../../api/content";
import type { ExperienceBody } from "../../api/experiences";
import { usePlacements } from "../../api/placements";
import { usePopulations } from "../../api/populations";
import { useFormat } from "../../design/format";
import { useText, useTextOr } from "../../design/text";
import { namesSegment } from "../../targeting/conditions";
import { useConditionWords } from "../../targeting/useConditionWords";

/** Types of content that interrupt: showing them is a contact. */
const INTERRUPTING = BLOCKS.filter((type) => type !== "banner");

/** Whether showing it draws on the person's budget of contacts. */
export const interrupts = (body: ExperienceBody, types: Map<string, string>): boolean => body.interrupts ?? body.variations.some((one) => one.content !== null && (INTERRUPTING as readonly string[]).includes(types.get(one.content) ?? ""));

/** Whether it is chosen by what is known of the person, which needs their consent. */
export const personal = (body: ExperienceBody): boolean => body.audience !== null || body.persona !== null || body.context.visitor !== null || namesSegment(body.context.condition);

/** An experience as sentences: where, for whom, what, when and how often, with which consent. */
export function useExperienceWords(): (body: ExperienceBody) => string[] {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const conditions = useConditionWords();
  const places = usePlacements().data?.items;
  const people = usePopulations().data;
  const contents = useContents().data?.items;
  return useCallback(
    (body) => {
      const place = places?.find((one) => one.key === body.placement)?.name ?? body.placement;
      const group = (kind: string, key: string) => people?.find((one) => one.value === `${kind}:${key}`)?.name ?? key;
      const who = body.audience ? group("audience", body.audience) : body.persona ? group("persona", body.persona) : say("exp.everybody");
      const { context } = body;
      const visits = [
        ...(context.pages.length > 0 ? [say("exp.words.pages", { pages: format.list(context.pages.map((one) => one.pattern)) })] : []),
        ...Object.values(context.campaign).flatMap((values) => (values.length > 0 ? [say("exp.words.campaign", { values: format.list(values) })] : [])),
        ...(context.devices.length > 0 ? [say("exp.words.devices", { devices: format.list(context.devices.map((one) => sayOr(`exp.device.${one}`, one))) })] : []),
        ...(context.visitor ? [say(`exp.words.visitor.${context.visitor}`)] : []),
        ...(context.condition ? [conditions(context.condition)] : []),
      ];
      const what = body.variations.map((one) => (one.content ? (contents?.find((row) => row.key === one.content)?.name ?? one.content) : say("exp.words.asItIs")));
      const types = new Map(contents?.map((one) => [one.key, one.type as string]));
      return [
        say("exp.words.where", { place: place || "…", who }),
        ...(visits.length > 0 ? [say("exp.words.visit", { conditions: format.list(visits) })] : []),
        what.length > 1 ? say("exp.words.split", { what: format.list(what) }) : say("exp.words.one", { what: what[0] ?? "…" }),
        body.experiment ? say("exp.words.experiment") : body.holdout > 0 ? say("exp.words.holdout", { share: format.percent(body.holdout) }) : say("exp.words.noHoldout"),
        body.frequency ? say("exp.words.frequency", { count: body.frequency.most, per: say(`exp.per.${PERIODS.includes(body.frequency.per) ? body.frequency.per.replace(" ", "") : "other"}` as "exp.per.other", { per: body.frequency.per }) }) : say("exp.words.always"),
        ...(personal(body) ? [say("exp.words.personal")] : []),
        ...(interrupts(body, types) ? [say("exp.words.contact")] : []),
      ];
    },
    [say, sayOr, format, conditions, places, people, contents],
  );
}

export const PERIODS = ["1 day", "7 days", "30 days", "365 days"];
