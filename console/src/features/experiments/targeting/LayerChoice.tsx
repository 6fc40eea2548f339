import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { useLayerChange, useLayers, type ExperimentBody, type LayerRow } from "../../../api/experiments";
import { useFormat } from "../../../design/format";
import { keyFor } from "../../../design/keys";
import { NumberInput } from "../../../design/NumberInput";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { problemsUnder } from "../../../questions/problems";
import styles from "../../../targeting/Targeting.module.css";
import { piecesOf, widest } from "./layer";

type Taken = NonNullable<ExperimentBody["layer"]>;
const NEW = "$new";

interface Props {
  own: string;
  draft: ExperimentBody;
  set: (layer: Taken | null) => void;
  problems: Record<string, string>;
}

/** Which other experiments it never meets: a layer, chosen or made here, and the part of it that is taken. */
export function LayerChoice({ own, draft, set, problems }: Props) {
  const say = useText();
  const layers = useLayers();
  const [making, setMaking] = useState(false);
  const unit = draft.unit ?? "device";
  const all = layers.data?.items ?? [];
  const fitting = all.filter((one) => one.unit === unit);
  const { layer } = draft;
  const chosen = all.find((one) => one.key === layer?.key);
  const choose = (key: string) => {
    setMaking(key === NEW);
    const parts = all.find((one) => one.key === key)?.parts ?? [];
    if (key !== NEW) set(key ? { key, ...(widest(parts, own) ?? { from: 0, to: 1 }) } : null);
  };
  return (
    <fieldset className={styles.group}>
      <NativeSelect
        label={say("draft.layer")}
        description={say("draft.layer.words")}
        error={problems.layer ?? problems["layer.key"]}
        value={making ? NEW : (layer?.key ?? "")}
        data={[{ value: "", label: say("draft.layer.none") }, ...fitting.map((one) => ({ value: one.key, label: one.name })), { value: NEW, label: say("layer.new") }]}
        onChange={(event) => choose(event.currentTarget.value)}
      />
      {making ? (
        <NewLayer
          unit={unit}
          taken={all.map((one) => one.key)}
          made={(key) => {
            setMaking(false);
            set({ key, from: 0, to: 0.5 });
          }}
        />
      ) : null}
      {layer && !making ? (
        <>
          <Bar row={chosen} own={{ name: draft.name, from: layer.from, to: layer.to, key: own }} />
          <div className={styles.row}>
            <NumberInput className={styles.values} label={say("draft.layer.from")} suffix=" %" min={0} max={100} error={problems["layer.from"]} value={Math.round(layer.from * 1000) / 10} onChange={(value) => set({ ...layer, from: Number(value) / 100 })} />
            <NumberInput className={styles.values} label={say("draft.layer.to")} suffix=" %" min={0} max={100} error={problems["layer.to"]} value={Math.round(layer.to * 1000) / 10} onChange={(value) => set({ ...layer, to: Number(value) / 100 })} />
          </div>
        </>
      ) : null}
    </fieldset>
  );
}

/** Who holds what of a layer, as a bar and, for who can't see it, as words. */
function Bar({ row, own }: { row: LayerRow | undefined; own: Omit<Taken, "key"> & { key: string; name: string } }) {
  const say = useText();
  const format = useFormat();
  const pieces = piecesOf(row?.parts ?? [], own);
  const clash = pieces.find((one) => one.kind === "clash");
  const words = (one: (typeof pieces)[number]) => say("layer.piece", { name: one.kind === "free" ? say("layer.free") : one.name, from: format.percent(one.from), to: format.percent(one.to) });
  return (
    <>
      <div className={styles.bar} role="img" aria-label={pieces.map(words).join("; ")}>
        {pieces.map((one) => (
          <span key={one.from} className={styles.part} data-kind={one.kind} title={words(one)} style={{ flexGrow: (one.to - one.from) * 1000, flexBasis: 0 }}>
            {one.kind === "free" ? say("layer.free") : one.name}
          </span>
        ))}
      </div>
      <Problem>{clash ? say("layer.clash", { name: clash.name, from: format.percent(clash.from), to: format.percent(clash.to) }) : null}</Problem>
    </>
  );
}

function NewLayer({ unit, taken, made }: { unit: LayerRow["unit"]; taken: string[]; made: (key: string) => void }) {
  const say = useText();
  const { create } = useLayerChange();
  const [name, setName] = useState("");
  const problems = problemsUnder(create.error, "");
  const make = () => create.mutate({ key: keyFor(name, taken), body: { name, unit } }, { onSuccess: (saved) => made(saved.key) });
  return (
    <div className={`${styles.line} ${styles.row}`}>
      <TextInput className={styles.values} label={say("layer.name")} placeholder={say("layer.name.example")} maxLength={120} value={name} error={problems.name ?? problems.key} onChange={(event) => setName(event.currentTarget.value)} />
      <Button style={{ alignSelf: "flex-end" }} disabled={!name.trim()} loading={create.isPending} onClick={make}>
        {say("layer.make")}
      </Button>
    </div>
  );
}
