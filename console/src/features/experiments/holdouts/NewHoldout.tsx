import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import type { Unit } from "../../../api/experiments";
import { useHoldoutChange } from "../../../api/holdouts";
import { Modal } from "../../../design/dialogs";
import { keyFor } from "../../../design/keys";
import { NumberInput } from "../../../design/NumberInput";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { problemsUnder } from "../../../questions/problems";

const UNITS: Unit[] = ["device", "customer", "account"];

/** How many are held out of everything, and what counts as one. */
export function NewHoldout({ taken, close }: { taken: string[]; close: () => void }) {
  const say = useText();
  const { create } = useHoldoutChange();
  const [name, setName] = useState(say("holdout.name.usual"));
  const [share, setShare] = useState(0.05);
  const [unit, setUnit] = useState<Unit>("customer");
  const problems = problemsUnder(create.error, "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ key: keyFor(name, taken), body: { name, share, unit } }, { onSuccess: close });
  };
  return (
    <Modal opened onClose={close} title={<strong>{say("holdout.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <form className="stack" onSubmit={submit}>
        <p className="dim small" style={{ margin: 0 }}>
          {say("holdouts.empty.words")}
        </p>
        <TextInput label={say("field.name")} required maxLength={120} error={problems.name ?? problems.key} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput label={say("holdout.share")} description={say("holdout.share.words")} suffix=" %" min={0} max={100} error={problems.share} value={Math.round(share * 1000) / 10} onChange={(value) => setShare(Number(value) / 100)} />
        <NativeSelect label={say("draft.unit")} description={say(`draft.unit.${unit}.words`)} error={problems.unit} value={unit} data={UNITS.map((one) => ({ value: one, label: say(`draft.unit.${one}`) }))} onChange={(event) => setUnit(event.currentTarget.value as Unit)} />
        {create.error && Object.keys(problems).length === 0 ? <Failed error={create.error} /> : null}
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button type="submit" loading={create.isPending}>
            {say("holdout.make")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
