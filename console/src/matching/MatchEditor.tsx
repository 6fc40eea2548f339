import { ActionIcon, Autocomplete, NativeSelect, Select } from "@mantine/core";
import { IconFilter, IconX } from "@tabler/icons-react";
import { useMemo, useState, type ReactNode } from "react";
import { useEventNames } from "../api/eventNames";
import { useProperties } from "../api/properties";
import type { Condition, Match } from "../api/asked";
import { CHANNELS, useChannelName } from "../design/channels";
import { useText } from "../design/text";
import { OPERATORS, textOf, valueOf } from "./clauses";
import styles from "./MatchEditor.module.css";

/** What every event may carry beside its own properties. */
const COLUMNS = ["page_path", "page_title", "referrer_kind", "campaign_source", "campaign_medium", "campaign_name", "device", "browser", "os", "source", "revenue"];
/** Kinds told apart by their properties and not by a name of their own. */
const NAMELESS = ["page", "screen", "identify", "group"] as const;

interface Props {
  value: Match | null;
  save: (match: Match) => void;
  label: string;
  /** Before the picker, and beside it: what else can be done with it. */
  lead?: ReactNode;
  actions?: ReactNode;
  /** The server's refusals, by path within the match: `name`, `where[0].value`. */
  problems?: Record<string, string>;
}

/** Picks an event by name, and narrows it by properties and channel. */
export function MatchEditor({ value, save, label, lead, actions, problems = {} }: Props) {
  const say = useText();
  const nameOf = useChannelName();
  const where = value?.where ?? [];
  const [narrowing, setNarrowing] = useState(false);
  const put = (index: number, condition: Condition) => value && save({ ...value, where: where.map((one, at) => (at === index ? condition : one)) });
  const narrow = narrowing || Boolean(value?.channel);
  return (
    <div className={styles.match}>
      <div className={styles.line}>
        {lead}
        <EventSelect value={value} label={label} choose={(match) => save({ ...match, where: value?.where ?? [], channel: value?.channel ?? null })} error={problems.name ?? problems[""]} />
        {value ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={say("match.filter")}
            onClick={() => {
              setNarrowing(true);
              save({ ...value, where: [...where, { property: "", op: "is", value: "" }] });
            }}
          >
            <IconFilter size={15} aria-hidden="true" />
          </ActionIcon>
        ) : null}
        {actions}
      </div>
      {value
        ? where.map((condition, index) => (
            <ConditionEditor
              key={index}
              match={value}
              condition={condition}
              problem={problems[`where[${index}].value`] ?? problems[`where[${index}].property`] ?? problems[`where[${index}]`] ?? problems[`where[${index}].op`]}
              save={(next) => put(index, next)}
              drop={() => save({ ...value, where: where.filter((_, at) => at !== index) })}
            />
          ))
        : null}
      {value && narrow ? (
        <NativeSelect
          size="xs"
          aria-label={say("rule.channel")}
          value={value.channel ?? ""}
          error={problems.channel}
          data={[{ value: "", label: say("rule.channel.any") }, ...CHANNELS.map((channel) => ({ value: channel, label: nameOf(channel) }))]}
          onChange={(event) => save({ ...value, channel: event.currentTarget.value || null })}
        />
      ) : null}
    </div>
  );
}

const keyOf = (match: Match): string => (match.name ? `${match.type}:${match.name}` : match.type);

/** All events seen so far, by name, with page and screen views above them. */
function EventSelect({ value, label, choose, error }: { value: Match | null; label: string; choose: (match: Match) => void; error: string | undefined }) {
  const say = useText();
  const names = useEventNames();
  const groups = useMemo(() => {
    const seen = new Set((names.data?.items ?? []).map((one) => one.type));
    const kinds = NAMELESS.filter((type) => seen.has(type) || value?.type === type).map((type) => ({ value: type as string, label: say(`type.${type}`) }));
    const events = [...new Set([...(names.data?.items ?? []).filter((one) => one.type === "track").map((one) => one.name), ...(value?.type === "track" && value.name ? [value.name] : [])])].sort((a, b) => a.localeCompare(b));
    const own = value && value.type !== "track" && value.name ? [{ value: keyOf(value), label: value.name }] : [];
    return [
      { group: say("match.views"), items: [...kinds, ...own] },
      { group: say("match.events"), items: events.map((name) => ({ value: `track:${name}`, label: name })) },
    ].filter((one) => one.items.length > 0);
  }, [names.data, value, say]);
  return (
    <Select
      size="xs"
      className="grow"
      searchable
      allowDeselect={false}
      aria-label={label}
      placeholder={say("match.choose")}
      nothingFoundMessage={names.data?.items.length === 0 ? say("match.none") : say("match.unknown")}
      data={groups}
      limit={100}
      maxDropdownHeight={320}
      value={value && (value.type !== "track" || value.name) ? keyOf(value) : null}
      error={error}
      onChange={(key) => {
        if (!key) return;
        const at = key.indexOf(":");
        choose(at === -1 ? { type: key, name: null } : { type: key.slice(0, at), name: key.slice(at + 1) });
      }}
    />
  );
}

interface ConditionProps {
  match: Match;
  condition: Condition;
  problem: string | undefined;
  save: (condition: Condition) => void;
  drop: () => void;
}

function ConditionEditor({ match, condition, problem, save, drop }: ConditionProps) {
  const say = useText();
  const properties = useProperties(match);
  const [property, setProperty] = useState(condition.property);
  const [value, setValue] = useState(textOf(condition.value));
  const needs = OPERATORS.find(({ op }) => op === condition.op)?.needs ?? true;
  const known = properties.data?.items ?? [];
  const values = known.find((one) => one.name === property)?.values.map(String) ?? [];
  const done = (next: Partial<Condition>) => {
    const op = next.op ?? condition.op;
    const changed = { property: property.trim(), op, value: valueOf(value, op), ...next };
    if (JSON.stringify(changed) !== JSON.stringify(condition)) save(changed);
  };
  return (
    <>
      <div className={styles.condition} data-bare={!needs}>
        <Autocomplete
          size="xs"
          aria-label={say("rule.property")}
          placeholder={say("rule.property")}
          data={[...new Set([...known.map((one) => one.name), ...COLUMNS])]}
          limit={60}
          value={property}
          onChange={setProperty}
          onOptionSubmit={(chosen) => done({ property: chosen })}
          onBlur={() => done({})}
        />
        <NativeSelect
          size="xs"
          aria-label={say("rule.operator")}
          value={condition.op}
          data={OPERATORS.map(({ op }) => ({ value: op, label: say(`op.${op}`) }))}
          onChange={(event) => done({ op: event.currentTarget.value, value: valueOf(value, event.currentTarget.value) })}
        />
        {needs ? (
          <Autocomplete
            size="xs"
            aria-label={say("rule.value")}
            placeholder={condition.op === "in" ? say("rule.values") : say("rule.value")}
            data={[...new Set(values)]}
            limit={50}
            value={value}
            onChange={setValue}
            onOptionSubmit={(chosen) => done({ value: valueOf(chosen, condition.op) })}
            onBlur={() => done({})}
            onKeyDown={(event) => {
              if (event.key === "Enter") done({});
            }}
          />
        ) : null}
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={say("rule.removeCondition")} onClick={drop}>
          <IconX size={14} aria-hidden="true" />
        </ActionIcon>
      </div>
      {problem ? (
        <span className={styles.problem} role="alert">
          {problem}
        </span>
      ) : null}
    </>
  );
}
