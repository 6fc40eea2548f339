import { ActionIcon, Button, Menu, NativeSelect } from "@mantine/core";
import { IconArrowsShuffle, IconDots, IconFolderPlus, IconPlus, IconTrash } from "@tabler/icons-react";
import type { Rule } from "../../../api/audiences";
import { Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import { ConditionEditor } from "./ConditionEditor";
import { CONDITIONS, blank, partsOf, under, withParts, type Kind } from "./rules";
import styles from "./Segments.module.css";

const DEEPEST = 4;

interface Props {
  rule: Rule;
  save: (rule: Rule) => void;
  /** The server's refusals, by path within this rule. */
  problems: Record<string, string>;
  /** The segment that is edited: it can't refer to itself. */
  self: string;
  depth?: number;
}

/** A group of conditions of which all or any hold; each is a sentence, and can be a group again. */
export function RuleBuilder({ rule, save, problems, self, depth = 1 }: Props) {
  const say = useText();
  const parts = partsOf(rule);
  const name = rule.any ? "any" : "all";
  const put = (index: number, part: Rule | null) => save(withParts(rule, part ? parts.map((one, at) => (at === index ? part : one)) : parts.filter((_, at) => at !== index)));
  const which = say(`segment.group.${name}`);
  const problem = problems[""] ?? problems[name];
  return (
    <div className={styles.group} role="group" aria-label={depth > 1 ? say("segment.group.within", { which }) : say("segment.group")} data-depth={depth}>
      {parts.length > 1 || depth > 1 ? (
        <NativeSelect
          size="xs"
          className={styles.which}
          aria-label={say("segment.group.which")}
          value={name}
          onChange={(event) => save(event.currentTarget.value === "any" ? { any: parts } : { all: parts })}
          data={[
            { value: "all", label: say("segment.group.all") },
            { value: "any", label: say("segment.group.any") },
          ]}
        />
      ) : null}
      <ol className={styles.parts}>
        {parts.map((part, index) => (
          <li key={index}>
            {index > 0 ? <span className={styles.joint}>{say(name === "any" ? "rule.or" : "segment.and")}</span> : null}
            <Part rule={part} save={(next) => put(index, next)} problems={under(problems, `${name}[${index}]`)} self={self} depth={depth} />
          </li>
        ))}
      </ol>
      <Problem>{problem}</Problem>
      <Add add={(part) => save(withParts(rule, [...parts, part]))} first={parts.length === 0} groups={depth < DEEPEST} within={depth > 1 ? which : undefined} />
    </div>
  );
}

function Part({ rule, save, problems, self, depth }: { rule: Rule; save: (rule: Rule | null) => void; problems: Record<string, string>; self: string; depth: number }) {
  const say = useText();
  const negated = rule.not !== undefined;
  const inner = rule.not ?? rule;
  const told = negated ? under(problems, "not") : problems;
  const put = (next: Rule) => save(negated ? { not: next } : next);
  const group = partsOf(inner).length > 0 || inner.all !== undefined || inner.any !== undefined;
  return (
    <div className={styles.part} data-group={group} data-negated={negated}>
      <div className={styles.partbody}>
        {negated ? <span className={styles.not}>{say("segment.not")}</span> : null}
        {group ? <RuleBuilder rule={inner} save={put} problems={told} self={self} depth={depth + 1} /> : <ConditionEditor rule={inner} save={put} problems={told} self={self} />}
      </div>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={say("segment.condition.more")}>
            <IconDots size={16} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconArrowsShuffle size={16} aria-hidden="true" />} onClick={() => save(negated ? inner : { not: inner })}>
            {say(negated ? "segment.unnegate" : "segment.negate")}
          </Menu.Item>
          {!group && depth < DEEPEST ? (
            <Menu.Item leftSection={<IconFolderPlus size={16} aria-hidden="true" />} onClick={() => put({ any: [inner] })}>
              {say("segment.toGroup")}
            </Menu.Item>
          ) : null}
          <Menu.Divider />
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={() => save(null)}>
            {say("action.remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

/** What a new condition is about, in plain words. */
function Add({ add, first, groups, within }: { add: (rule: Rule) => void; first: boolean; groups: boolean; within: string | undefined }) {
  const say = useText();
  const item = (kind: Kind) => (
    <Menu.Item key={kind} onClick={() => add(blank(kind))}>
      <span className={styles.offer}>
        <strong>{say(`condition.${kind}`)}</strong>
        <span className="dim small">{say(`condition.${kind}.what`)}</span>
      </span>
    </Menu.Item>
  );
  return (
    <div>
      <Menu position="bottom-start" width={340}>
        <Menu.Target>
          <Button size="xs" variant={first ? "filled" : "default"} leftSection={<IconPlus size={14} aria-hidden="true" />} aria-label={within === undefined ? undefined : say("segment.condition.addWithin", { which: within })}>
            {say("segment.condition.add")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown className={styles.offers}>
          <Menu.Label>{say("condition.behaviour")}</Menu.Label>
          {CONDITIONS.slice(0, 5).map(item)}
          <Menu.Label>{say("condition.who")}</Menu.Label>
          {CONDITIONS.slice(5).map(item)}
          {groups && !first ? (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => add({ any: [blank("did")] })}>
                <span className={styles.offer}>
                  <strong>{say("condition.group")}</strong>
                  <span className="dim small">{say("condition.group.what")}</span>
                </span>
              </Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
