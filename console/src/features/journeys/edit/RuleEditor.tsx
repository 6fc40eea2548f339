import { ActionIcon, Autocomplete, Button, NativeSelect, TextInput } from "@mantine/core";
import { IconPlus, IconTrash, IconX } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useEventNames, type EventName } from "../../../api/eventNames";
import type { Clause, Condition } from "../../../api/journeys";
import { useLiveStart } from "../../../api/live";
import { CHANNELS, useChannelName } from "../../../design/channels";
import { useFormat } from "../../../design/format";
import { objectOf } from "../../../design/Properties";
import { useText } from "../../../design/text";
import { OPERATORS, textOf, valueOf } from "../../../matching/clauses";
import styles from "./RuleEditor.module.css";

/** What every event may carry beside its own properties. */
const COLUMNS = ["page_path", "page_title", "referrer_kind", "campaign_source", "campaign_medium", "campaign_name", "device", "source", "revenue"];

/** Which events are this touchpoint: any of these, each by name, perhaps with conditions. */
export function RuleEditor({ clauses, save }: { clauses: Clause[]; save: (clauses: Clause[]) => void }) {
  const say = useText();
  const names = useEventNames();
  const put = (index: number, clause: Clause) => save(clauses.map((one, at) => (at === index ? clause : one)));
  return (
    <section className="stack-s" aria-label={say("rule.title")}>
      <h3>{say("rule.title")}</h3>
      {clauses.map((clause, index) => (
        <div key={index} className={styles.clause}>
          {index > 0 ? <span className={styles.or}>{say("rule.or")}</span> : null}
          <ClauseEditor clause={clause} names={names.data?.items ?? []} save={(next) => put(index, next)} drop={() => save(clauses.filter((_, at) => at !== index))} />
        </div>
      ))}
      <div>
        <Button variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => save([...clauses, { type: "track", name: "", where: [] }])}>
          {clauses.length === 0 ? say("rule.first") : say("rule.add")}
        </Button>
      </div>
    </section>
  );
}

function ClauseEditor({ clause, names, save, drop }: { clause: Clause; names: EventName[]; save: (clause: Clause) => void; drop: () => void }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useChannelName();
  const where = clause.where ?? [];
  const properties = usePropertyNames(clause);
  const kinds = ["track", "page", "screen", "identify", "group"] as const;
  // Pages and screens are told apart by their properties, not by a name of their own.
  const byName = clause.type === "track";
  const options = [...new Set(names.filter((one) => one.type === clause.type).map((one) => one.name))];
  const seen = names.find((one) => one.type === clause.type && (!byName || one.name === clause.name))?.first_seen;
  const put = (index: number, condition: Condition) => save({ ...clause, where: where.map((one, at) => (at === index ? condition : one)) });
  return (
    <div className="grow stack-s">
      <div className={styles.line}>
        <NativeSelect
          size="xs"
          aria-label={say("rule.type")}
          value={clause.type}
          data={kinds.map((value) => ({ value, label: say(`type.${value}`) }))}
          onChange={(event) => save({ ...clause, type: event.currentTarget.value, name: event.currentTarget.value === "track" ? (clause.name ?? "") : null })}
        />
        {byName ? (
          <Autocomplete
            size="xs"
            className="grow"
            aria-label={say("rule.event")}
            placeholder={say("rule.event")}
            data={options}
            limit={50}
            value={clause.name ?? ""}
            onChange={(name) => save({ ...clause, name })}
          />
        ) : (
          <span className="grow" />
        )}
        <ActionIcon variant="subtle" color="gray" aria-label={say("rule.remove")} onClick={drop}>
          <IconTrash size={15} aria-hidden="true" />
        </ActionIcon>
      </div>
      {seen ? <span className="small dim">{say("rule.seen", { when: format.date(seen) })}</span> : clause.name ? <span className="small dim">{say("rule.unseen")}</span> : null}
      {where.map((condition, index) => (
        <ConditionEditor key={index} condition={condition} properties={properties} save={(next) => put(index, next)} drop={() => save({ ...clause, where: where.filter((_, at) => at !== index) })} />
      ))}
      <div className={styles.line}>
        <Button variant="subtle" size="compact-xs" leftSection={<IconPlus size={12} aria-hidden="true" />} onClick={() => save({ ...clause, where: [...where, { property: "", op: "is", value: "" }] })}>
          {say("rule.condition")}
        </Button>
        <NativeSelect
          size="xs"
          aria-label={say("rule.channel")}
          value={clause.channel ?? ""}
          data={[{ value: "", label: say("rule.channel.any") }, ...CHANNELS.map((value) => ({ value, label: nameOf(value) }))]}
          onChange={(event) => save({ ...clause, channel: event.currentTarget.value || null })}
        />
      </div>
    </div>
  );
}

/** Properties that recent events of this kind carried, to choose from. */
function usePropertyNames(clause: Clause): string[] {
  const recent = useLiveStart({ name: clause.name || clause.type });
  return useMemo(() => [...new Set([...(recent.data?.items ?? []).flatMap((event) => Object.keys(objectOf(event.properties))), ...COLUMNS])].sort(), [recent.data]);
}

function ConditionEditor({ condition, properties, save, drop }: { condition: Condition; properties: string[]; save: (condition: Condition) => void; drop: () => void }) {
  const say = useText();
  const [property, setProperty] = useState(condition.property);
  const [value, setValue] = useState(textOf(condition.value));
  const needs = OPERATORS.find(({ op }) => op === condition.op)?.needs ?? true;
  return (
    <div className={styles.line}>
      <Autocomplete
        size="xs"
        className="grow"
        aria-label={say("rule.property")}
        placeholder={say("rule.property")}
        data={properties}
        limit={50}
        value={property}
        onChange={setProperty}
        onBlur={() => property !== condition.property && save({ ...condition, property })}
      />
      <NativeSelect
        size="xs"
        aria-label={say("rule.operator")}
        value={condition.op}
        data={OPERATORS.map(({ op }) => ({ value: op, label: say(`op.${op}`) }))}
        onChange={(event) => save({ ...condition, property, op: event.currentTarget.value, value: valueOf(value, event.currentTarget.value) })}
      />
      {needs ? (
        <TextInput
          size="xs"
          className="grow"
          aria-label={say("rule.value")}
          placeholder={condition.op === "in" ? say("rule.values") : say("rule.value")}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
          onBlur={() => value !== textOf(condition.value) && save({ ...condition, property, value: valueOf(value, condition.op) })}
        />
      ) : null}
      <ActionIcon variant="subtle" color="gray" size={24} aria-label={say("rule.removeCondition")} onClick={drop}>
        <IconX size={14} aria-hidden="true" />
      </ActionIcon>
    </div>
  );
}
