import { NativeSelect } from "@mantine/core";
import { usePhases, type Experiment, type Phase } from "../../../api/experiments";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";

/** Which phase is read: each had its own weights, so each is a reading of its own. */
export function PhasePicker({ experiment, phase, choose }: { experiment: Experiment; phase: number | undefined; choose: (phase: number | undefined) => void }) {
  const say = useText();
  const format = useFormat();
  const now = experiment.body.phase ?? 1;
  const phases = usePhases(experiment.key, now);
  const items = phases.data?.items ?? [];
  const shown = items.find((one) => one.phase === (phase ?? now));
  const name = (key: string) => experiment.body.variations?.find((one) => one.key === key)?.name || key;
  const label = (one: Phase) => say("result.phase.of", { phase: one.phase, from: format.dateTime(one.started), to: one.ended ? format.dateTime(one.ended) : "none" });
  return (
    <section className="row" aria-label={say("result.phases")} style={{ alignItems: "flex-end" }}>
      <NativeSelect size="xs" label={say("result.phases")} value={String(phase ?? now)} data={items.length > 0 ? items.toReversed().map((one) => ({ value: String(one.phase), label: label(one) })) : [{ value: String(now), label: String(now) }]} onChange={(event) => choose(Number(event.currentTarget.value) === now ? undefined : Number(event.currentTarget.value))} />
      {shown ? (
        <span className="dim small grow">
          {shown.contexts > 0
            ? say("result.phase.contexts", { count: shown.contexts })
            : say("result.phase.weights", { weights: format.list(Object.entries(shown.weights).map(([key, weight]) => say("result.phase.weight", { name: name(key), share: format.percent(weight) }))) })}{" "}
          {shown.phase > 1 ? say(shown.anew ? "result.phase.anew" : "result.phase.moved") : null}
        </span>
      ) : null}
    </section>
  );
}
