import type { Rule } from "../../../api/audiences";
import { useText } from "../../../design/text";
import { useNames } from "./names";
import { partsOf } from "./rules";
import styles from "./Segments.module.css";
import { useConditionWords } from "./words";

/** A rule as people would say it: groups as lists, a negation before what it turns round. */
export function RuleWords({ rule }: { rule: Rule }) {
  const words = useConditionWords(useNames(rule));
  return <Part rule={rule} words={words} />;
}

function Part({ rule, words, negated = false }: { rule: Rule; words: (rule: Rule) => string; negated?: boolean }) {
  const say = useText();
  if (rule.not) return <Part rule={rule.not} words={words} negated={!negated} />;
  const parts = partsOf(rule);
  if (parts.length === 0) return <span>{negated ? say("words.not", { what: words(rule) }) : words(rule)}</span>;
  if (parts.length === 1 && parts[0]) return <Part rule={parts[0]} words={words} negated={negated} />;
  return (
    <div>
      <span className="dim small">{say(negated ? (rule.all ? "segment.group.notAll" : "segment.group.none") : rule.all ? "segment.group.all" : "segment.group.any")}</span>
      <ul className={styles.words}>
        {parts.map((part, index) => (
          <li key={index}>
            <Part rule={part} words={words} />
          </li>
        ))}
      </ul>
    </div>
  );
}
