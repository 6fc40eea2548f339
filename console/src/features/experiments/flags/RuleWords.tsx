import { Link } from "@tanstack/react-router";
import { useFlags, type FlagRule } from "../../../api/flags";
import { usePopulations } from "../../../api/populations";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { useConditionWords } from "../../../targeting/useConditionWords";

/** A rule as a sentence: for whom, when, and what they get. */
export function RuleWords({ rule }: { rule: FlagRule }) {
  const say = useText();
  const format = useFormat();
  const populations = usePopulations();
  const flags = useFlags();
  const words = useConditionWords();
  const { then } = rule;
  const whom = [
    rule.audience ? (populations.data?.find((one) => one.value === `audience:${rule.audience}`)?.name ?? rule.audience) : "",
    words(rule.condition),
    ...(rule.prerequisites ?? []).map((one) => say("flag.rule.needs", { flag: flags.data?.items.find((flag) => flag.key === one.flag)?.name ?? one.flag, value: typeof one.value === "boolean" ? say(one.value ? "flag.on" : "flag.off") : JSON.stringify(one.value) })),
  ].filter(Boolean);
  return (
    <>
      {rule.name ? <strong style={{ display: "block", fontWeight: 550 }}>{rule.name}</strong> : null}
      <span>
        {whom.length > 0 ? format.list(whom) : say("draft.everybody")}
        {" → "}
        {then.type === "experiment" ? (
          <Link to="/experiments/$key" params={{ key: then.experiment }}>
            {say("flag.rule.tested", { experiment: then.experiment })}
          </Link>
        ) : (
          <span className="mono">{JSON.stringify(then.value)}</span>
        )}
        {then.type === "force" && (then.coverage ?? 1) < 1 ? ` ${say("flag.rule.share", { share: format.percent(then.coverage ?? 1) })}` : ""}
      </span>
      {rule.schedule?.start || rule.schedule?.end ? (
        <span className="dim small" style={{ display: "block" }}>
          {[rule.schedule.start ? say("flag.rule.from", { when: format.dateTime(rule.schedule.start) }) : "", rule.schedule.end ? say("flag.rule.until", { when: format.dateTime(rule.schedule.end) }) : ""].filter(Boolean).join(", ")}
        </span>
      ) : null}
    </>
  );
}
