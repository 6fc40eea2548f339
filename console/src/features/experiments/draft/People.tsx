import { Checkbox, NativeSelect } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useAudience, useAudienceSize } from "../../../api/audiences";
import type { Unit } from "../../../api/experiments";
import { usePopulations } from "../../../api/populations";
import { NumberInput } from "../../../design/NumberInput";
import { useText } from "../../../design/text";
import { below } from "../../../questions/problems";
import styles from "../Experiments.module.css";
import { Conditions } from "../../../targeting/Conditions";
import { LayerChoice } from "../targeting/LayerChoice";
import { Period } from "../targeting/Period";
import { Prerequisites } from "../targeting/Prerequisites";
import type { StepProps } from "./steps";

const UNITS: Unit[] = ["device", "customer", "account"];

/** Who takes part: which people, counted as what, how many of them, beside which other experiments, and when. */
export function People({ own, draft, set, problems }: StepProps) {
  const say = useText();
  const populations = usePopulations();
  const segments = (populations.data ?? []).filter((one) => one.kind === "audience").map((one) => ({ value: one.value.slice("audience:".length), label: one.name }));
  const unit = draft.unit ?? "device";
  const bounded = Boolean(draft.schedule ?? draft.prerequisites?.length) || draft.holdout === false;
  return (
    <>
      <NativeSelect label={say("draft.segment")} error={problems.audience} value={draft.audience ?? ""} data={[{ value: "", label: say("draft.everybody") }, ...segments]} onChange={(event) => set({ audience: event.currentTarget.value || null })} />
      {draft.audience ? <Size audience={draft.audience} /> : null}
      <Conditions condition={draft.condition} set={(condition) => set({ condition })} problems={below(problems, "condition")} />
      <NativeSelect label={say("draft.unit")} description={say(`draft.unit.${unit}.words`)} value={unit} data={UNITS.map((one) => ({ value: one, label: say(`draft.unit.${one}`) }))} onChange={(event) => set({ unit: event.currentTarget.value as Unit, layer: null })} />
      <NumberInput label={say("draft.coverage")} description={say("draft.coverage.words")} suffix=" %" min={0} max={100} error={problems.coverage} value={Math.round((draft.coverage ?? 1) * 1000) / 10} onChange={(value) => set({ coverage: Math.min(1, Math.max(0, Number(value) / 100)) })} />
      <LayerChoice own={own} draft={draft} set={(layer) => set({ layer })} problems={problems} />
      <details open={bounded || Object.keys(problems).some((path) => path.startsWith("schedule") || path.startsWith("prerequisites"))}>
        <summary>{say("draft.when")}</summary>
        <div className="stack" style={{ marginTop: 12 }}>
          <Period schedule={draft.schedule} set={(schedule) => set({ schedule })} problems={below(problems, "schedule")} />
          <Prerequisites needs={draft.prerequisites ?? []} set={(prerequisites) => set({ prerequisites })} problems={below(problems, "prerequisites")} />
          <Checkbox label={say("draft.holdout")} description={say("draft.holdout.words")} checked={draft.holdout !== false} onChange={(event) => set({ holdout: event.currentTarget.checked })} />
        </div>
      </details>
    </>
  );
}

function Size({ audience }: { audience: string }) {
  const say = useText();
  const segment = useAudience(audience);
  const size = useAudienceSize(segment.data?.body ?? null);
  return (
    <div className={styles.linked} role="status">
      <Link to="/customers/segments/$key" params={{ key: audience }}>
        {size.data ? say("people.total", { count: size.data.members }) : say("state.loading")}
      </Link>
    </div>
  );
}
