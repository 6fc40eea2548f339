import { Button, NativeSelect } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState, type FormEvent } from "react";
import { useJudge, type Judged, type Policy } from "../../../api/bandits";
import type { Experiment } from "../../../api/experiments";
import type { Match } from "../../../api/asked";
import type { Effect } from "../../../api/results";
import { useFormat } from "../../../design/format";
import { NumberInput } from "../../../design/NumberInput";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { MatchEditor } from "../../../questions/later";
import styles from "../Experiments.module.css";

const DEVICES = ["mobile", "desktop", "tablet"];

/** A rule that nobody has seen yet, judged on the decisions in the log: what it would have earned, and whether the log can tell. */
export function Yesterday({ experiment }: { experiment: Experiment }) {
  const say = useText();
  const judge = useJudge();
  const arms = experiment.arms.map((key) => ({ value: key, label: experiment.body.variations?.find((one) => one.key === key)?.name || key }));
  const [form, setForm] = useState<"always" | "uniform" | "rules">("always");
  const [choice, setChoice] = useState(experiment.arms[1] ?? "");
  const [other, setOther] = useState(experiment.arms[0] ?? "");
  const [device, setDevice] = useState("mobile");
  const [reward, setReward] = useState<Match | null>({ type: "track", name: "Order Completed" });
  const [days, setDays] = useState(28);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!reward) return;
    const policy: Policy = form === "always" ? { form, choice } : form === "uniform" ? { form } : { form, rules: [{ condition: { device }, weights: { [choice]: 1 } }], otherwise: { [other]: 1 } };
    judge.mutate({ where: { experiment: experiment.key }, reward: { events: { any: [reward] }, within: 86_400 }, policy, attributes: form === "rules" ? ["device"] : [], days });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className={styles.fields}>
        <NativeSelect label={say("yesterday.rule")} value={form} data={(["always", "uniform", "rules"] as const).map((one) => ({ value: one, label: say(`yesterday.${one}`) }))} onChange={(event) => setForm(event.currentTarget.value as typeof form)} />
        {form === "rules" ? <NativeSelect label={say("yesterday.device")} value={device} data={DEVICES.map((one) => ({ value: one, label: say(`yesterday.device.${one as "mobile" | "desktop" | "tablet"}`) }))} onChange={(event) => setDevice(event.currentTarget.value)} /> : null}
        {form === "uniform" ? null : <NativeSelect label={say(form === "rules" ? "yesterday.they" : "yesterday.choice")} value={choice} data={arms} onChange={(event) => setChoice(event.currentTarget.value)} />}
        {form === "rules" ? <NativeSelect label={say("yesterday.others")} value={other} data={arms} onChange={(event) => setOther(event.currentTarget.value)} /> : null}
        <NumberInput label={say("yesterday.days")} min={1} max={366} value={days} onChange={(value) => setDays(Math.max(1, Number(value) || 28))} />
      </div>
      <div>
        <span className="small">{say("yesterday.reward")}</span>
        <MatchEditor label={say("yesterday.reward")} value={reward} save={setReward} />
      </div>
      <div>
        <Button variant="default" type="submit" disabled={!reward} loading={judge.isPending}>
          {say("yesterday.do")}
        </Button>
      </div>
      {judge.error ? <Failed error={judge.error} /> : null}
      {judge.data ? <Told found={judge.data} names={Object.fromEntries(arms.map((arm) => [arm.value, arm.label]))} /> : null}
    </form>
  );
}

function Told({ found, names }: { found: Judged; names: Record<string, string> }) {
  const say = useText();
  const format = useFormat();
  const { judged, choices } = found;
  const share = (of: Effect) => (of.low === null || of.high === null ? format.percent(of.value ?? 0, 1) : say("yesterday.between", { value: format.percent(of.value ?? 0, 1), low: format.percent(of.low, 1), high: format.percent(of.high, 1) }));
  return (
    <div className="stack-s" role="status">
      <p className={styles.sentence}>{say(`yesterday.outcome.${judged.outcome}`)}</p>
      {judged.overlap.alarms.length > 0 ? (
        <div className={styles.warning}>
          <IconAlertTriangle size={18} aria-hidden="true" className={styles.missing} />
          <ul style={{ margin: 0, paddingInlineStart: 16 }}>
            {judged.overlap.alarms.map((alarm) => (
              <li key={alarm}>{say(`yesterday.alarm.${alarm}`)}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <ul style={{ margin: 0, paddingInlineStart: 18 }}>
        <li>{say("yesterday.would", { value: share(judged.robust) })}</li>
        <li>{say("yesterday.did", { value: share(judged.logged) })}</li>
        <li>{say("yesterday.gain", { value: share(judged.gain) })}</li>
      </ul>
      <span className="dim small">{say("yesterday.overlap", { decisions: judged.overlap.decisions, effective: Math.round(judged.overlap.effective) })}</span>
      <table className="plain">
        <caption className="visually-hidden">{say("yesterday.choices")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("result.variation")}</th>
            <th scope="col" className="num">{say("yesterday.made")}</th>
            <th scope="col" className="num">{say("yesterday.wouldMake")}</th>
            <th scope="col" className="num">{say("yesterday.earned")}</th>
          </tr>
        </thead>
        <tbody>
          {choices.map((one) => (
            <tr key={one.key}>
              <th scope="row">{names[one.key] ?? one.key}</th>
              <td className="num">{format.number(one.made)}</td>
              <td className="num">{format.percent(one.would)}</td>
              <td className="num">{format.percent(one.earned, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
