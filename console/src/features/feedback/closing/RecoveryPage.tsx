import { NativeSelect } from "@mantine/core";
import { IconHeartHandshake } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { RuleRow } from "../../../api/rules";
import { useRecovery, type Difference, type Recovery } from "../../../api/recovery";
import { useRows } from "../../../api/shelf";
import { Pill } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "./Closing.module.css";
import { Figure } from "./Figure";

const DAYS = [14, 30, 60, 90, 180] as const;

/** What getting back to customers was good for: what they did later, against comparable ones nobody got back to. */
export function RecoveryPage() {
  const say = useText();
  const navigate = useNavigate({ from: "/feedback/recovery" });
  const { rule, days = 60 } = useSearch({ from: "/rooms/listening/feedback/recovery" });
  const rules = useRows<RuleRow>("/api/feedback-rules").data?.items ?? [];
  const recovery = useRecovery({ rule, days });
  return (
    <section className="stack" aria-labelledby="recovery">
      <div className="row-between">
        <h2 id="recovery">{say("recovery.title")}</h2>
        <div className="row">
          <NativeSelect size="xs" aria-label={say("recovery.rule")} value={rule ?? ""} data={[{ value: "", label: say("recovery.rule.any") }, ...rules.map((one) => ({ value: one.key, label: one.holdout > 0 ? say("recovery.rule.heldOut", { name: one.name }) : one.name }))]} onChange={(event) => void navigate({ search: (old) => ({ ...old, rule: event.currentTarget.value || undefined }), replace: true })} />
          <NativeSelect size="xs" aria-label={say("recovery.days")} value={String(days)} data={DAYS.map((value) => ({ value: String(value), label: say("recovery.days.after", { days: value }) }))} onChange={(event) => void navigate({ search: (old) => ({ ...old, days: Number(event.currentTarget.value) }), replace: true })} />
        </div>
      </div>
      <Answer of={recovery}>{(found) => <Found of={found} />}</Answer>
    </section>
  );
}

function Found({ of }: { of: Recovery }) {
  const say = useText();
  const format = useFormat();
  const experiment = of.way === "experiment";
  return (
    <>
      <dl className={styles.figures}>
        <Figure name={say(experiment ? "recovery.acted" : "recovery.contacted")} value={format.number(of.contacted)} />
        <Figure name={say(experiment ? "recovery.heldOut" : "recovery.others")} value={format.number(of.others)} />
      </dl>
      {of.reason ? (
        <Empty icon={<IconHeartHandshake />} title={say(`recovery.${of.reason}`)} action={of.reason === "few" ? <Link to="/feedback/inbox">{say("recovery.few.do")}</Link> : <Link to="/feedback/rules">{say("loop.all")}</Link>}>
          {say(`recovery.${of.reason}.words`, { days: of.days })}
        </Empty>
      ) : (
        <>
          <ul className={styles.outcomes}>
            {of.differences.map((each) => (
              <OneOutcome key={each.outcome} of={each} currency={of.currency} days={of.days} />
            ))}
          </ul>
          <p className="dim small">{say(experiment ? "recovery.way.experiment" : "recovery.way.comparison")}</p>
        </>
      )}
    </>
  );
}

function OneOutcome({ of, currency, days }: { of: Difference; currency: string; days: number }) {
  const say = useText();
  const format = useFormat();
  const share = of.outcome === "returned" || of.outcome === "bought";
  const value = (amount: number) => (share ? format.percent(amount, 1) : of.outcome === "spent" ? format.money(amount, currency) : format.number(Math.round(amount * 10) / 10));
  const points = (amount: number) => (share ? say("recovery.points", { points: format.number(Math.round(Math.abs(amount) * 1000) / 10) }) : value(Math.abs(amount)));
  const signed = (amount: number) => `${amount > 0 ? "+" : amount < 0 ? "−" : ""}${points(amount)}`;
  const clear = of.low > 0 ? "better" : of.high < 0 ? "worse" : "none";
  const most = Math.max(of.contacted, of.others, 1e-9);
  const reach = Math.max(Math.abs(of.low), Math.abs(of.high), 1e-9) * 1.1;
  const place = (amount: number) => ((amount + reach) / (2 * reach)) * 100;
  return (
    <li className={`card ${styles.outcome}`}>
      <div className="row-between">
        <h3>{say(`recovery.outcome.${of.outcome}`, { days })}</h3>
        <Pill tone={clear === "better" ? "accent" : clear === "worse" ? "ember" : "quiet"}>{say(`recovery.clear.${clear}`)}</Pill>
      </div>
      <div className={styles.pair}>
        <span>{say("recovery.contacted")}</span>
        <span className={styles.track} aria-hidden="true">
          <span data-ours="true" style={{ inlineSize: `${(Math.max(0, of.contacted) / most) * 100}%` }} />
        </span>
        <b>{value(of.contacted)}</b>
        <span>{say("recovery.others")}</span>
        <span className={styles.track} aria-hidden="true">
          <span style={{ inlineSize: `${(Math.max(0, of.others) / most) * 100}%` }} />
        </span>
        <b>{value(of.others)}</b>
      </div>
      <div className={styles.span} data-clear={clear} aria-hidden="true">
        <i style={{ insetInlineStart: "50%" }} />
        <span style={{ insetInlineStart: `${place(of.low)}%`, inlineSize: `${Math.max(1, place(of.high) - place(of.low))}%` }} />
      </div>
      <p className={styles.verdict}>{say(`recovery.verdict.${clear}`, { difference: points(of.difference), low: signed(of.low), high: signed(of.high) })}</p>
      <p className={`dim small ${styles.bare}`}>{say("recovery.counts", { customers: of.customers, compared: of.compared_with })}</p>
    </li>
  );
}
