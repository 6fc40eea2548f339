import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useAudience, useAudienceSize } from "../../../api/audiences";
import { useExperimentChange, type Experiment } from "../../../api/experiments";
import { fetchIdea, useIdeaChange } from "../../../api/ideas";
import type { Results } from "../../../api/results";
import { Modal } from "../../../design/dialogs";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import { useVerdictWords } from "../words";

/** Ships a variation or stops: whom it touches, and what was learned, which the next one will want to know. Undo puts it back. */
export function Ending({ how, experiment, results, close }: { how: "ship" | "stop"; experiment: Experiment; results: Results | undefined; close: () => void }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { ship, stop, save } = useExperimentChange();
  const ideas = useIdeaChange();
  const words = useVerdictWords();
  const { body } = experiment;
  const arms = experiment.arms.map((key) => ({ value: key, label: body.variations?.find((one) => one.key === key)?.name || key }));
  const [variation, setVariation] = useState(results?.verdict.variation ?? experiment.arms[1] ?? "");
  const [learning, setLearning] = useState(body.learning || (results && results.verdict.code !== "no_exposures" ? words(results.verdict, results) : ""));
  const [outcome, setOutcome] = useState<"confirmed" | "refuted" | "tested">(how === "ship" && variation !== experiment.arms[0] ? "confirmed" : results?.verdict.code === "worse" || results?.verdict.code === "no_difference" ? "refuted" : "tested");
  const error = ship.error ?? stop.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = {
      onSuccess: (saved: Experiment) => {
        tell(say(how === "ship" ? "experiment.shipped" : "experiment.stopped", { name: body.name }), () => save.mutate({ key: experiment.key, expected: saved.version, body }, { onError: tellError }));
        if (body.idea) void settle(body.idea);
        close();
      },
    };
    const at = { key: experiment.key, expected: experiment.version, learning };
    if (how === "ship") ship.mutate({ ...at, variation }, done);
    else stop.mutate(at, done);
  };
  /** The idea learns what came of it. */
  const settle = async (key: string) => {
    try {
      const found = await fetchIdea(key);
      await ideas.save.mutateAsync({ key, expected: found.version, body: { ...found.body, state: learning.trim() ? outcome : "tested", learning } });
    } catch (cause) {
      tellError(cause);
    }
  };
  return (
    <Modal opened onClose={close} title={<strong>{say(how === "ship" ? "ending.ship" : "ending.stop")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form className="stack" onSubmit={submit}>
        {how === "ship" ? <NativeSelect label={say("ending.variation")} value={variation} data={arms} onChange={(event) => setVariation(event.currentTarget.value)} /> : null}
        <p className={styles.linked} style={{ margin: 0 }} role="status">
          <Touched how={how} experiment={experiment} results={results} />
        </p>
        <Textarea label={say("experiment.learning")} description={say("ending.learning.words")} autosize minRows={3} value={learning} onChange={(event) => setLearning(event.currentTarget.value)} />
        {body.idea ? (
          <NativeSelect label={say("ending.idea")} value={outcome} data={(["confirmed", "refuted", "tested"] as const).map((one) => ({ value: one, label: say(`idea.state.${one}`) }))} onChange={(event) => setOutcome(event.currentTarget.value as typeof outcome)} />
        ) : null}
        {error ? <Failed error={error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={ship.isPending || stop.isPending}>
            {say(how === "ship" ? "ending.ship.do" : "ending.stop.do")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** How many it touches: the segment's members, or else those who came so far and who come in a day. */
function Touched({ how, experiment, results }: { how: "ship" | "stop"; experiment: Experiment; results: Results | undefined }) {
  const say = useText();
  const segment = useAudience(experiment.body.audience ?? "");
  const size = useAudienceSize(segment.data?.body ?? null);
  const unit = experiment.body.unit ?? "device";
  if (how === "stop") return <span>{say("ending.stop.touches", { count: results?.exposures.total ?? 0, unit })}</span>;
  if (experiment.body.audience && size.data) return <span>{say("ending.ship.segment", { count: size.data.members, name: segment.data?.body.name ?? "" })}</span>;
  return <span>{say("ending.ship.touches", { count: results?.exposures.total ?? 0, perDay: Math.round(results?.exposures.per_day ?? 0), unit })}</span>;
}
