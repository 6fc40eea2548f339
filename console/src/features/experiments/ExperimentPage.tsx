import { useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useExperiment } from "../../api/experiments";
import { Page } from "../../design/Page";
import { Failed, Lines } from "../../design/states";
import { useText } from "../../design/text";

const NewDraft = lazy(async () => ({ default: (await import("./draft/NewDraft")).NewDraft }));
const Draft = lazy(async () => ({ default: (await import("./draft/Draft")).Draft }));
const Result = lazy(async () => ({ default: (await import("./result/Result")).Result }));

/** One experiment: the way to its start while it is a draft, from then on what it shows. */
export function ExperimentPage() {
  const say = useText();
  const { key } = useParams({ from: "/rooms/experiments/$key" });
  const experiment = useExperiment(key === "new" ? "" : key);
  const waiting = (
    <Page title={say("room.experiments")}>
      <Lines count={8} />
    </Page>
  );
  if (key === "new")
    return (
      <Suspense fallback={waiting}>
        <NewDraft />
      </Suspense>
    );
  if (!experiment.data) return experiment.error ? <Page title={say("room.experiments")}><Failed error={experiment.error} retry={() => void experiment.refetch()} /></Page> : waiting;
  return <Suspense fallback={waiting}>{experiment.data.body.status === "draft" ? <Draft key={key} experiment={experiment.data} /> : <Result key={key} experiment={experiment.data} />}</Suspense>;
}
