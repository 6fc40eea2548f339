import { MultiSelect, NativeSelect, Select } from "@mantine/core";
import { useId } from "react";
import { usePopulations } from "../api/populations";
import { useProperties } from "../api/properties";
import type { Match } from "../api/asked";
import { useText } from "../design/text";
import { useAddress } from "./address";
import styles from "./Question.module.css";

const kindOf = (by: string | undefined): string => (by === undefined ? "" : by.startsWith("property:") ? "property" : by.startsWith("audience:") ? "audience" : by);

/** What the answer is split by. It is a part of the lens, and goes along to the next question. */
export function SplitBy({ match, problem }: { match: Match | null; problem?: string | undefined }) {
  const say = useText();
  const id = useId();
  const { lens, go } = useAddress();
  const populations = usePopulations();
  const properties = useProperties(match);
  const kind = kindOf(lens.by);
  const audiences = (populations.data ?? []).filter((one) => one.kind === "audience");
  const personas = (populations.data ?? []).some((one) => one.kind === "persona");
  const names = [...new Set([...(properties.data?.items.map((one) => one.name) ?? []), ...(kind === "property" && lens.by !== "property:?" ? [lens.by?.slice(9) ?? ""] : [])])].filter(Boolean);
  const first = audiences[0]?.value;
  const choose = (next: string) => go({ by: next === "" ? undefined : next === "property" ? `property:${names[0] ?? "name"}` : next === "audience" ? first : next });
  return (
    <>
      <div className={styles.field}>
        <label htmlFor={id}>{say("explore.by")}</label>
        <NativeSelect
          id={id}
          size="xs"
          value={kind}
          error={problem}
          onChange={(event) => choose(event.currentTarget.value)}
          data={[
            { value: "", label: say("explore.by.none") },
            { value: "channel", label: say("word.channel") },
            { value: "device", label: say("explore.by.device") },
            ...(personas || kind === "persona" ? [{ value: "persona", label: say("field.persona") }] : []),
            ...(first || kind === "audience" ? [{ value: "audience", label: say("explore.by.audience") }] : []),
            { value: "property", label: say("rule.property") },
          ]}
        />
      </div>
      {kind === "property" ? (
        <Select
          size="xs"
          searchable
          allowDeselect={false}
          aria-label={say("rule.property")}
          data={names}
          limit={100}
          nothingFoundMessage={say("explore.by.unknown")}
          value={lens.by?.slice(9) ?? null}
          onChange={(name) => name && go({ by: `property:${name}` })}
        />
      ) : null}
      {kind === "audience" ? (
        <MultiSelect
          size="xs"
          aria-label={say("explore.by.audience")}
          maxValues={8}
          data={audiences.map(({ value, name }) => ({ value, label: name }))}
          value={lens.by?.split(",") ?? []}
          onChange={(chosen) => go({ by: chosen.length > 0 ? chosen.join(",") : undefined })}
        />
      ) : null}
    </>
  );
}
