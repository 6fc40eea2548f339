import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconLibraryPhoto, IconPlus, IconSearch } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { TYPES, useContents, type ContentRow } from "../../api/content";
import { useCoverage, type Covered } from "../../api/coverage";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { languageName } from "../../design/languages";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

/** Everything that can be shown; and, one key away, for whom and where there is nothing yet. */
export function ContentList() {
  const say = useText();
  const { view } = useSearch({ from: "/rooms/experiencing/experiences/content" });
  const navigate = useNavigate();
  const editor = useMay("write");
  return (
    <>
      <div className="row-between">
        <div className="row" role="group" aria-label={say("content.view")}>
          {(["all", "coverage"] as const).map((one) => (
            <Button key={one} size="xs" variant={(view ?? "all") === one ? "light" : "subtle"} aria-pressed={(view ?? "all") === one} onClick={() => void navigate({ to: "/experiences/content", search: one === "all" ? {} : { view: one } })}>
              {say(`content.view.${one}`)}
            </Button>
          ))}
        </div>
        {editor ? <New /> : null}
      </div>
      {view === "coverage" ? <CoverageView editor={editor} /> : <Library editor={editor} />}
    </>
  );
}

function New() {
  const say = useText();
  return (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/experiences/content/$key" params={{ key: "new" }} {...props} />}>
      {say("content.new")}
    </Button>
  );
}

function Library({ editor }: { editor: boolean }) {
  const say = useText();
  const format = useFormat();
  const contents = useContents();
  const coverage = useCoverage().data;
  const names = new Map([...(coverage?.stages ?? []), ...(coverage?.personas ?? [])].map((one) => [one.key, one.name]));
  const nameOf = (key: string) => names.get(key) ?? key;
  const [wanted, setWanted] = useState("");
  const [type, setType] = useState("");
  const [approval, setApproval] = useState("");
  const fits = (one: ContentRow) =>
    [one.name, ...one.stages.map(nameOf), ...one.personas.map(nameOf), ...one.intents].some((text) => text.toLowerCase().includes(wanted.trim().toLowerCase())) && (type === "" || one.type === type) && (approval === "" || one.approval === approval);
  return (
    <Answer of={contents}>
      {({ items }) => {
        if (items.length === 0)
          return (
            <Empty icon={<IconLibraryPhoto />} title={say("content.empty")} action={editor ? <New /> : null}>
              {say("content.empty.words")}
            </Empty>
          );
        const shown = items.filter(fits);
        return (
          <>
            <div className={styles.pair}>
              <TextInput size="xs" aria-label={say("content.search")} placeholder={say("content.search")} leftSection={<IconSearch size={14} aria-hidden="true" />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
              <NativeSelect size="xs" aria-label={say("content.type")} value={type} data={[{ value: "", label: say("content.type.any") }, ...TYPES.map((value) => ({ value, label: say(`content.type.${value}`) }))]} onChange={(event) => setType(event.currentTarget.value)} />
              <NativeSelect
                size="xs"
                aria-label={say("content.approval")}
                value={approval}
                data={[{ value: "", label: say("content.approval.any") }, ...(["draft", "review", "approved"] as const).map((value) => ({ value, label: say(`content.approval.${value}`) }))]}
                onChange={(event) => setApproval(event.currentTarget.value)}
              />
            </div>
            <ul className={styles.rows} aria-label={say("content.library")}>
              {shown.map((one) => (
                <li key={one.key}>
                  <Link to="/experiences/content/$key" params={{ key: one.key }} className={styles.item}>
                    <span>
                      <strong>{one.name}</strong>
                      <span className="dim small">{[say("content.used", { count: one.experiences.length }), ...one.stages.map(nameOf), ...one.personas.map(nameOf), ...one.intents].join(" · ")}</span>
                    </span>
                    <span className={styles.tail}>
                      <Pill>{say(`content.type.${one.type}`)}</Pill>
                      <Pill>{format.list(one.languages.map(languageName))}</Pill>
                      <Pill tone={one.approval === "approved" ? "accent" : "gold"}>{say(`content.approval.${one.approval}`)}</Pill>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
            {shown.length === 0 ? <p className="dim">{say("content.none")}</p> : null}
          </>
        );
      }}
    </Answer>
  );
}

function CoverageView({ editor }: { editor: boolean }) {
  const say = useText();
  const coverage = useCoverage();
  return (
    <Answer of={coverage}>
      {({ stages, personas, intents }) => (
        <>
          <p className={styles.lead}>{say("content.coverage.lead")}</p>
          <Covers title={say("content.stages")} none={say("content.coverage.noStages")} items={stages} editor={editor} search={(key) => ({ stage: key })} />
          <Covers title={say("personas.title")} none={say("content.coverage.noPersonas")} items={personas} editor={editor} search={(key) => ({ persona: key })} />
          <Covers title={say("content.intents")} none={say("content.coverage.noIntents")} items={intents} editor={editor} search={(key) => ({ intent: key })} />
        </>
      )}
    </Answer>
  );
}

function Covers({ title, none, items, editor, search }: { title: string; none: string; items: Covered[]; editor: boolean; search: (key: string) => { stage?: string; persona?: string; intent?: string } }) {
  const say = useText();
  return (
    <section className="stack-s" aria-label={title}>
      <h2>{title}</h2>
      {items.length === 0 ? <p className="dim">{none}</p> : null}
      <ul className={styles.cover}>
        {items.map((one) => (
          <li key={one.key} data-none={one.contents.length === 0}>
            <strong>{one.name}</strong>
            <span className="dim small">{one.contents.length === 0 ? say("content.coverage.none") : say("content.coverage.some", { count: one.contents.length, approved: one.approved, live: one.live })}</span>
            {editor && one.approved === 0 ? (
              <Link to="/experiences/content/$key" params={{ key: "new" }} search={search(one.key)} className="small" aria-label={say("content.coverage.make.label", { name: one.name })}>
                {say("content.coverage.make")}
              </Link>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
