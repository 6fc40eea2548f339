import { Button, SegmentedControl } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useMetricChange, useMetricTemplates, type MetricTemplate } from "../../api/metrics";
import { Modal } from "../../design/dialogs";
import { Answer } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Metrics.module.css";

/** Ready-made metrics by kind of business, with the stages of the journey they speak of. */
export function Starters({ taken, close }: { taken: string[]; close: () => void }) {
  const say = useText();
  const templates = useMetricTemplates();
  return (
    <Modal opened onClose={close} title={<strong>{say("starters.title")}</strong>} size="lg" closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={templates}>{({ items }) => <Choice items={items} taken={taken} close={close} />}</Answer>
    </Modal>
  );
}

function Choice({ items, taken, close }: { items: MetricTemplate[]; taken: string[]; close: () => void }) {
  const say = useText();
  const sayOr = useTextOr();
  const sets = [...new Set(items.map((one) => one.set))];
  const [set, setSet] = useState(sets[0] ?? "");
  const [left, setLeft] = useState<Set<string>>(new Set());
  const { takeOver } = useMetricChange();
  const { tell, tellError } = useToasts();
  const shown = items.filter((one) => one.set === set);
  const fresh = shown.filter((one) => !taken.includes(one.key));
  const chosen = fresh.filter((one) => !left.has(one.key));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    takeOver.mutate(chosen, {
      onSuccess: () => {
        tell(say("starters.done", { count: chosen.length }));
        close();
      },
      onError: tellError,
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <SegmentedControl fullWidth size="xs" aria-label={say("starters.set")} value={set} onChange={setSet} data={sets.map((one) => ({ value: one, label: sayOr(`starters.set.${one}`, one) }))} />
      <fieldset className={styles.sets}>
        <legend className="visually-hidden">{say("starters.title")}</legend>
        {shown.map((one) => {
          const had = taken.includes(one.key);
          return (
            <label key={one.key} className={styles.pick}>
              <input
                type="checkbox"
                checked={had || !left.has(one.key)}
                disabled={had}
                onChange={() =>
                  setLeft((old) => {
                    const next = new Set(old);
                    if (!next.delete(one.key)) next.add(one.key);
                    return next;
                  })
                }
              />
              <span>
                <strong>{one.body.name}</strong>
                <span className="dim small" style={{ display: "block" }}>
                  {had ? say("starters.had") : one.body.description}
                </span>
              </span>
            </label>
          );
        })}
      </fieldset>
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button type="submit" disabled={chosen.length === 0} loading={takeOver.isPending}>
          {say("starters.add", { count: chosen.length })}
        </Button>
      </div>
    </form>
  );
}
