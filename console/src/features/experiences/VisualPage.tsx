import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconBrush, IconX } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useMay } from "../../api/session";
import type { Saved } from "../../api/shelf";
import type { Change } from "../../api/siteEditor";
import { useExperimentNames, useSiteExperiment, useSiteExperimentChange, type SiteExperiment } from "../../api/siteExperiments";
import { ListField } from "../../design/fields";
import { Page } from "../../design/Page";
import { Answer, Empty, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { useEditing, type Editing } from "./editing";
import styles from "./Experiences.module.css";
import { OnSite } from "./OnSite";
import { Ending } from "./parts";

/** The visual changes of an experiment's variations, made on one's own site. */
export function VisualPage() {
  const say = useText();
  const { key } = useParams({ from: "/rooms/experiences/visual/$key" });
  const experiment = useSiteExperiment(key);
  if (experiment.data) return <Form key={`${key}-${experiment.data.version}`} saved={experiment.data} />;
  return (
    <Page title={say("visual.title")}>
      <Answer of={experiment} skeleton={<Lines count={5} />}>
        {() => null}
      </Answer>
    </Page>
  );
}

function Form({ saved }: { saved: Saved<SiteExperiment> }) {
  const say = useText();
  const may = useMay("write");
  const change = useSiteExperimentChange();
  const taken = useExperimentNames().data?.items.map((one) => one.key) ?? [];
  const editing = useEditing({ saved, blank: saved.body, change, taken, done: () => undefined });
  const { draft, set } = editing;
  const editor = may && draft.status === "draft";
  const pages = draft.pages ?? { patterns: [], changes: {} };
  const put = (part: Partial<typeof pages>) => set({ pages: { ...pages, ...part } });
  return (
    <Page title={say("visual.of", { name: draft.name })} lead={<Link to="/experiments/$key" params={{ key: saved.key }}>{say("exp.experiment.open")}</Link>}>
      {editor ? null : <p className="dim">{say("visual.started")}</p>}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          editing.store();
        }}
      >
        <fieldset disabled={!editor} className={styles.picks}>
          <legend className="visually-hidden">{say("visual.title")}</legend>
          <div className="stack">
            <section className={styles.panel} aria-label={say("visual.pages")}>
              <ListField
                label={say("visual.pages")}
                add={say("exp.pages.add")}
                value={pages.patterns.map((one) => one.pattern)}
                save={(patterns) => put({ patterns: patterns.map((pattern) => pages.patterns.find((one) => one.pattern === pattern) ?? { pattern }) })}
              />
            </section>
            {draft.variations.length < 2 ? <Empty title={say("visual.few")}>{say("visual.few.words")}</Empty> : null}
            {draft.variations.map((one, index) => (
              <Variation key={one.key} of={editing} index={index} pages={pages} put={put} />
            ))}
          </div>
        </fieldset>
        {editor ? (
          <Ending
            of={editing}
            ready={pages.patterns.length > 0}
            back={
              <Button variant="default" renderRoot={(props) => <Link to="/experiences/visual" {...props} />}>
                {say("action.cancel")}
              </Button>
            }
          />
        ) : null}
      </form>
    </Page>
  );
}

type Pages = NonNullable<SiteExperiment["pages"]>;

function Variation({ of, index, pages, put }: { of: Editing<SiteExperiment>; index: number; pages: Pages; put: (part: Partial<Pages>) => void }) {
  const say = useText();
  const variation = of.draft.variations[index];
  if (!variation) return null;
  const mine = pages.changes[variation.key] ?? {};
  const changes = mine.mutations ?? [];
  const save = (mutations: Change[], url?: string) => {
    const patterns = pages.patterns.length === 0 && url ? [{ pattern: url.split(/[?#]/)[0] ?? url }] : pages.patterns;
    put({ patterns, changes: { ...pages.changes, [variation.key]: { ...mine, mutations } } });
  };
  const name = variation.name || variation.key;
  return (
    <section className={styles.panel} aria-label={name}>
      <h2>{name}</h2>
      {index === 0 ? (
        <p className="dim">{say("visual.control")}</p>
      ) : (
        <>
          {changes.length === 0 ? <p className="dim">{say("visual.none")}</p> : <Changes items={changes} save={save} />}
          <OnSite label={say("visual.open", { name })} icon={<IconBrush size={16} aria-hidden="true" />} start={{ mode: "changes", changes }} changed={(made) => save(made)} done={(result) => save(result.changes, result.url)} />
          <TextInput
            label={say("visual.redirect")}
            description={say("visual.redirect.what")}
            placeholder={say("content.url.example")}
            value={mine.redirect ?? ""}
            error={of.problems[`pages.changes.${variation.key}.redirect`]}
            onChange={(event) => put({ changes: { ...pages.changes, [variation.key]: { ...mine, redirect: event.currentTarget.value || null } } })}
          />
        </>
      )}
    </section>
  );
}

function Changes({ items, save }: { items: Change[]; save: (items: Change[]) => void }) {
  const say = useText();
  const words = (one: Change) => say("visual.change", { what: one.attribute, selector: one.selector, value: one.value ?? "", action: one.action });
  return (
    <ul className={styles.outcomes} aria-label={say("visual.changes")}>
      {items.map((one, index) => (
        <li key={index}>
          <span>{words(one)}</span>
          <ActionIcon variant="subtle" color="gray" size={24} aria-label={say("edit.removeItem", { item: words(one) })} onClick={() => save(items.filter((_, at) => at !== index))}>
            <IconX size={14} aria-hidden="true" />
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}
