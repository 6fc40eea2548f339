import { useSearch } from "@tanstack/react-router";
import type { ExperimentBody } from "../../../api/experiments";
import { useIdea } from "../../../api/ideas";
import { useJourney } from "../../../api/journeys";
import { useMetrics } from "../../../api/metrics";
import { usePopulations } from "../../../api/populations";
import { Page } from "../../../design/Page";
import { Failed, Lines } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import { useHypothesis } from "../words";
import { Guide } from "./Guide";

/** A new experiment, filled in with what it comes from: an idea, where customers struggle, a stage, some people. */
export function NewDraft() {
  const say = useText();
  const { idea: asked, map } = useSearch({ from: "/rooms/experiments/$key" });
  const idea = useIdea(asked);
  const journey = useJourney(map ?? "");
  const metrics = useMetrics();
  const populations = usePopulations();
  const failed = idea.error ?? metrics.error;
  if (failed)
    return (
      <Page title={say("experiment.new")}>
        <Failed error={failed} />
      </Page>
    );
  if ((asked && !idea.data) || (map && journey.isLoading) || !metrics.data || populations.isLoading)
    return (
      <Page title={say("experiment.new")}>
        <Lines count={6} />
      </Page>
    );
  return <Begun />;
}

function Begun() {
  const say = useText();
  const sayOr = useTextOr();
  const search = useSearch({ from: "/rooms/experiments/$key" });
  const idea = useIdea(search.idea).data;
  const journey = useJourney(search.map ?? "").data;
  const metrics = useMetrics().data?.items ?? [];
  const populations = usePopulations().data ?? [];
  const words = useHypothesis();
  const place = journey?.body.stages.find((one) => one.key === search.stage)?.name ?? journey?.body.stages.flatMap((one) => one.touchpoints).find((one) => one.key === search.touchpoint)?.name;
  const people = populations.find((one) => one.value === `audience:${search.audience}`)?.name;
  const signal = search.friction ? sayOr(`signal.${search.friction}`, search.friction) : undefined;
  const wanted = idea?.body.hypothesis?.metric;
  const start: ExperimentBody = {
    name: idea?.body.name ?? (signal ? say("experiment.fix", { what: place ? `${signal}, ${place}` : signal }) : place ? say("experiment.fix", { what: place }) : people ? say("experiment.for", { people }) : ""),
    hypothesis: idea ? words(idea.body, metrics) : "",
    idea: search.idea ?? null,
    goal: idea?.body.goal ?? null,
    friction: search.friction ?? idea?.body.evidence?.find((one) => one.kind === "friction")?.ref ?? null,
    map: search.map ?? null,
    stage: search.stage ?? null,
    touchpoint: search.touchpoint ?? null,
    audience: search.audience ?? null,
    unit: search.audience ? "customer" : "device",
    variations: [
      { key: "as-is", name: say("draft.asIs"), weight: 1 },
      { key: "changed", name: say("draft.changed"), description: idea?.body.hypothesis?.change ?? "", weight: 1 },
    ],
    metrics: { primary: wanted && metrics.some((one) => one.key === wanted) ? [wanted] : [], secondary: [], guardrails: [] },
    plan: { method: "group_sequential", effect: idea?.body.hypothesis?.effect ?? 0.05 },
  };
  return <Guide experiment={null} start={start} />;
}
