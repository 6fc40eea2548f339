import { Button } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconCircleX, IconPlayerPlay } from "@tabler/icons-react";
import { useChecklist, useExperimentChange, type Experiment, type ExperimentBody } from "../../../api/experiments";
import { useFlagChange, useFlags, type FlagBody } from "../../../api/flags";
import { useMay } from "../../../api/session";
import { keyFor } from "../../../design/keys";
import { Answer, Failed } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "../Experiments.module.css";
import type { Step } from "./steps";

/** Where what is missing can be filled in. */
const PLACE: Record<string, Step> = { hypothesis: "hypothesis", primary: "metrics", metrics: "metrics", guardrails: "metrics", audience: "people", layer: "people", coverage: "people", plan: "plan" };

/** Of what an experiment doesn't have nothing is said. */
const applies = (code: string, { audience, layer, prerequisites }: ExperimentBody): boolean =>
  code === "audience" ? Boolean(audience) : code === "layer" ? Boolean(layer) : code === "prerequisites" ? Boolean(prerequisites?.length) : true;

/** The server's checks, each with the way to where it is mended, and the start. */
export function Launch({ experiment, show }: { experiment: Experiment; show: (step: Step) => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const may = useMay("write");
  const checks = useChecklist(experiment.key, experiment.version);
  const { start } = useExperimentChange();
  const { tell } = useToasts();
  const begin = () => start.mutate({ key: experiment.key, expected: experiment.version }, { onSuccess: () => tell(say("experiment.started", { name: experiment.body.name })) });
  return (
    <Answer of={checks}>
      {({ ready, items }) => (
        <>
          <ul className={styles.checks} aria-label={say("draft.launch")}>
            {items.filter((item) => applies(item.code, experiment.body)).map((item) => {
              const place = PLACE[item.code];
              const words = say(item.done ? "check.done" : item.needed ? "check.missing" : "check.could");
              return (
                <li key={item.code}>
                  {item.done ? (
                    <IconCircleCheck size={20} className={styles.ok} role="img" aria-label={words} />
                  ) : item.needed ? (
                    <IconCircleX size={20} className={styles.missing} role="img" aria-label={words} />
                  ) : (
                    <IconCircleDashed size={20} className={styles.could} role="img" aria-label={words} />
                  )}
                  <span className="grow">
                    {sayOr(`check.${item.code}`, item.text)}
                    {item.done || !item.needed ? null : <span className={`${styles.bad} small`}> {words}</span>}
                  </span>
                  {item.done ? null : item.code === "delivery" ? (
                    may ? <MakeFlag experiment={experiment} /> : null
                  ) : place ? (
                    <Button size="compact-sm" variant="default" aria-label={say("check.fill.named", { what: sayOr(`check.${item.code}`, item.text) })} onClick={() => show(place)}>
                      {say("check.fill")}
                    </Button>
                  ) : null}
                </li>
              );
            })}
          </ul>
          {start.error ? <Failed error={start.error} /> : null}
          {may ? (
            <div className="row" style={{ justifyContent: "flex-end" }}>
              {ready ? null : <span className="dim small">{say("check.notReady")}</span>}
              <Button leftSection={<IconPlayerPlay size={16} aria-hidden="true" />} disabled={!ready} loading={start.isPending} onClick={begin}>
                {say("experiment.start")}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </Answer>
  );
}

/** A flag whose value is the variation: on or off where there are two, its key where there are more. */
function flagFor(experiment: Experiment): FlagBody {
  const [control = "", ...others] = experiment.arms;
  const plain = others.length === 1;
  const values = Object.fromEntries(experiment.arms.map((arm) => [arm, plain ? arm !== control : arm]));
  return {
    name: experiment.body.name,
    type: plain ? "boolean" : "string",
    default: plain ? false : control,
    public: true,
    unit: experiment.body.unit ?? "device",
    rules: [{ id: "test", then: { type: "experiment", experiment: experiment.key, values } }],
  };
}

function MakeFlag({ experiment }: { experiment: Experiment }) {
  const say = useText();
  const flags = useFlags();
  const { create, discard } = useFlagChange();
  const { tell, tellError } = useToasts();
  const make = () =>
    create.mutate(
      { key: keyFor(experiment.key, flags.data?.items.map((one) => one.key) ?? []), body: flagFor(experiment) },
      { onSuccess: (flag) => tell(say("flag.made", { name: flag.key }), () => discard.mutate(flag.key, { onError: tellError })), onError: tellError },
    );
  return (
    <Button size="compact-sm" variant="default" loading={create.isPending} onClick={make}>
      {say("flag.make")}
    </Button>
  );
}
