import { Button, NativeSelect } from "@mantine/core";
import { IconScale } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useExperienceMeasure, type ExperienceBody } from "../../api/experiences";
import { useMetrics, type MetricRow } from "../../api/metrics";
import type { Saved } from "../../api/shelf";
import { Modal } from "../../design/dialogs";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { problemsUnder } from "../../questions/problems";
import { Picks } from "./parts";

/** Of an experience that splits by itself: which variation is better, found out by an experiment made of that split. */
export function MeasureSplit({ of }: { of: Saved<ExperienceBody> }) {
  const say = useText();
  const [asking, setAsking] = useState(false);
  return (
    <div className="stack-s">
      <p className="dim small" style={{ margin: 0 }}>
        {say("measure.why")}
      </p>
      <div>
        <Button size="xs" leftSection={<IconScale size={14} aria-hidden="true" />} onClick={() => setAsking(true)}>
          {say("measure.begin")}
        </Button>
      </div>
      {asking ? <Asking of={of} close={() => setAsking(false)} /> : null}
    </div>
  );
}

function Asking({ of, close }: { of: Saved<ExperienceBody>; close: () => void }) {
  const say = useText();
  const metrics = useMetrics().data?.items;
  return (
    <Modal opened onClose={close} title={<strong>{say("measure.begin")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      {metrics && metrics.length > 0 ? (
        <Choosing of={of} metrics={metrics} />
      ) : (
        <p>
          {say("measure.noMetric")} <Link to="/metrics">{say("measure.makeMetric")}</Link>
        </p>
      )}
    </Modal>
  );
}

function Choosing({ of, metrics }: { of: Saved<ExperienceBody>; metrics: MetricRow[] }) {
  const say = useText();
  const navigate = useNavigate();
  const { tell } = useToasts();
  const measure = useExperienceMeasure(of.key);
  const [primary, setPrimary] = useState(metrics[0]?.key ?? "");
  const [guardrails, setGuardrails] = useState<string[]>([]);
  const problems = problemsUnder(measure.error, "");
  const others = metrics.filter((one) => one.key !== primary);
  const begin = () =>
    measure.mutate(
      { primary: [primary], guardrails: guardrails.filter((key) => key !== primary), expected_version: of.version },
      {
        onSuccess: ({ experiment }) => {
          tell(say("measure.begun"));
          void navigate({ to: "/experiments/$key", params: { key: experiment } });
        },
      },
    );
  return (
    <div className="stack">
      <p style={{ margin: 0 }}>{say("measure.what")}</p>
      <NativeSelect label={say("measure.decides")} error={problems["primary[0]"]} value={primary} data={metrics.map((one) => ({ value: one.key, label: one.name }))} onChange={(event) => setPrimary(event.currentTarget.value)} />
      {others.length > 0 ? <Picks label={say("measure.guard")} options={others.map((one) => ({ value: one.key, label: one.name }))} value={guardrails} save={setGuardrails} /> : null}
      {measure.error && !problems["primary[0]"] ? <Failed error={measure.error} /> : null}
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button loading={measure.isPending} onClick={begin}>
          {say("measure.start")}
        </Button>
      </div>
    </div>
  );
}
