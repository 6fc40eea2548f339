import { blankExperience, type ExperienceBody } from "../../api/experiences";

/** Where somebody came from: a placement that is empty, or a campaign whose promise no page keeps. */
export interface Begun {
  placement?: string | undefined;
  source?: string | undefined;
  medium?: string | undefined;
  campaign?: string | undefined;
  page?: string | undefined;
}

/** A new experience as it begins: for those a campaign brings to a page, where one is named. */
export function beginning({ placement = "", source, medium, campaign, page }: Begun, name: (campaign: string) => string): ExperienceBody {
  const blank = blankExperience();
  const called = campaign ?? source;
  if (!called) return { ...blank, placement };
  const list = (value: string | undefined) => (value ? [value] : []);
  return {
    ...blank,
    placement,
    name: name(called).slice(0, 120),
    context: { ...blank.context, pages: page ? [{ pattern: page }] : [], campaign: { ...blank.context.campaign, source: list(source), medium: list(medium), name: list(campaign) } },
  };
}
