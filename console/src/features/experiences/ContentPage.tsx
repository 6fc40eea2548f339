import { Button, NativeSelect, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { blankContent, blankPart, TYPES, useContent, useContentChange, useContents, type Approval, type ContentBody, type ContentType } from "../../api/content";
import { useCoverage } from "../../api/coverage";
import { useExperiences } from "../../api/experiences";
import { useOffers } from "../../api/offers";
import type { Saved } from "../../api/shelf";
import { useMay } from "../../api/session";
import { ListField } from "../../design/fields";
import { useLocale } from "../../design/locale";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Answer, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { below } from "../../questions/problems";
import { ContentPreview } from "./ContentPreview";
import { useEditing, type Editing } from "./editing";
import styles from "./Experiences.module.css";
import { Ending, Picks, ScheduleFields, UsedBy, Versions } from "./parts";
import { PartEditor } from "./PartEditor";

/** One piece of content: what it says in each language, who let it out, when, and for what. */
export function ContentPage() {
  const say = useText();
  const navigate = useNavigate();
  const { locale } = useLocale();
  const { key } = useParams({ from: "/rooms/experiences/content/$key" });
  const { stage, persona, intent } = useSearch({ from: "/rooms/experiences/content/$key" });
  const content = useContent(key === "new" ? null : key);
  const open = (made: string) => void navigate({ to: "/experiences/content/$key", params: { key: made } });
  if (key === "new") {
    const blank = blankContent("banner", locale);
    const tags = { ...blank.tags, stages: stage ? [stage] : [], personas: persona ? [persona] : [], intents: intent ? [intent] : [] };
    return <Form key="new" saved={null} blank={{ ...blank, tags }} done={open} />;
  }
  if (content.data) return <Form key={`${key}-${content.data.version}`} saved={content.data} blank={content.data.body} done={open} />;
  return (
    <Page title={say("content.library")}>
      <Answer of={content} skeleton={<Lines count={6} />}>
        {() => null}
      </Answer>
    </Page>
  );
}

function Form({ saved, blank, done }: { saved: Saved<ContentBody> | null; blank: ContentBody; done: (key: string) => void }) {
  const say = useText();
  const navigate = useNavigate();
  const editor = useMay("write");
  const change = useContentChange();
  const rows = useContents().data?.items ?? [];
  const editing = useEditing({ saved, blank, change, taken: rows.map((one) => one.key), done });
  const names = new Map(useExperiences().data?.items.map((one) => [one.key, one.name]));
  const remove = useRemoval();
  const drop = () =>
    saved && remove(change, saved, say("exp.removed", { name: saved.body.name }), () => void navigate({ to: "/experiences/content" }));
  return (
    <Page
      title={saved ? saved.body.name : say("content.new")}
      lead={<Link to="/experiences/content">{say("content.library")}</Link>}
      actions={
        saved && editor ? (
          <Button size="xs" variant="default" onClick={drop}>
            {say("action.remove")}
          </Button>
        ) : null
      }
    >
      <form
        className={styles.columns}
        onSubmit={(event) => {
          event.preventDefault();
          editing.store();
        }}
      >
        <div className={styles.panel}>
          <fieldset disabled={!editor} className={styles.picks}>
            <legend className="visually-hidden">{say("content.library")}</legend>
            <ContentFields of={editing} fresh={!saved} />
          </fieldset>
        </div>
        <div className={styles.side}>
          <section className={styles.panel} aria-labelledby="let-out">
            <h2 id="let-out">{say("content.approval")}</h2>
            <fieldset disabled={!editor} className={styles.picks}>
              <legend className="visually-hidden">{say("content.approval")}</legend>
              <div className="stack">
                <Letting of={editing} />
              </div>
            </fieldset>
            {editor ? <Ending of={editing} ready={editing.draft.name.trim() !== ""} back={null} /> : null}
          </section>
          {saved ? (
            <section className={styles.panel} aria-labelledby="used">
              <h2 id="used">{say("content.usedBy")}</h2>
              <UsedBy keys={rows.find((one) => one.key === saved.key)?.experiences ?? []} names={names} />
              <Versions history={saved.history} />
            </section>
          ) : null}
        </div>
      </form>
    </Page>
  );
}

/** Name, type and what it says, its languages side by side; on its own page and where an experience needs something new. */
export function ContentFields({ of, fresh, types = TYPES }: { of: Editing<ContentBody>; fresh: boolean; types?: readonly ContentType[] }) {
  const say = useText();
  const { draft, set, problems } = of;
  const [language, setLanguage] = useState("");
  const { versions } = draft;
  const known = versions.some((one) => one.language.toLowerCase() === language.trim().toLowerCase());
  const add = () => {
    if (language.trim() && !known) set({ versions: [...versions, { language: language.trim(), body: versions[0]?.body ?? blankPart(draft.type) }] });
    setLanguage("");
  };
  return (
    <div className="stack">
      <div className={styles.pair}>
        <TextInput label={say("field.name")} placeholder={say("content.name.example")} required maxLength={120} value={draft.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <NativeSelect
          label={say("content.type")}
          description={fresh ? undefined : say("content.type.kept")}
          disabled={!fresh}
          value={draft.type}
          data={types.map((value) => ({ value, label: say(`content.type.${value}`) }))}
          onChange={(event) => {
            const type = event.currentTarget.value as ContentType;
            set({ type, versions: versions.map((one) => ({ ...one, body: blankPart(type) })) });
          }}
        />
      </div>
      <div className={styles.languages}>
        {versions.map((version, index) => (
          <section key={index} className={styles.part} aria-label={say("content.in", { language: version.language })}>
            <div className="row-between">
              <h2>{version.language}</h2>
              {versions.length > 1 ? (
                <Button size="compact-xs" variant="subtle" color="gray" aria-label={say("edit.removeItem", { item: version.language })} onClick={() => set({ versions: versions.filter((_, at) => at !== index) })}>
                  {say("action.remove")}
                </Button>
              ) : null}
            </div>
            <PartEditor
              key={draft.type}
              type={draft.type}
              body={version.body}
              set={(body) => set({ versions: versions.map((one, at) => (at === index ? { ...one, body } : one)) })}
              problems={below(problems, `versions[${index}].body`)}
            />
            <ContentPreview type={draft.type} body={version.body} label={say("content.preview", { language: version.language })} />
          </section>
        ))}
      </div>
      <div className="row" style={{ alignItems: "flex-end" }}>
        <TextInput
          size="xs"
          label={say("content.language")}
          placeholder={say("content.language.example")}
          maxLength={20}
          value={language}
          onChange={(event) => setLanguage(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button size="xs" variant="default" disabled={language.trim() === "" || known} onClick={add}>
          {say("content.language.add")}
        </Button>
      </div>
      <p className="dim small" style={{ margin: 0 }}>
        {say("content.placeholders")} <code className="mono">{say("content.placeholders.example")}</code>
      </p>
    </div>
  );
}

/** Whether it may be shown, when, and what it is for. */
function Letting({ of }: { of: Editing<ContentBody> }) {
  const say = useText();
  const { draft, set, problems } = of;
  const coverage = useCoverage().data;
  const offers = useOffers().data?.items ?? [];
  const tag = (change: Partial<ContentBody["tags"]>) => set({ tags: { ...draft.tags, ...change } });
  /** A stage may be tagged without its map, where only one map has it. */
  const whole = (stage: string) => coverage?.stages.find((one) => one.key === stage || one.key.endsWith(`/${stage}`))?.key ?? stage;
  return (
    <>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={say("content.approval")}
        value={draft.approval}
        onChange={(approval) => set({ approval: approval as Approval })}
        data={(["draft", "review", "approved"] as const).map((value) => ({ value, label: say(`content.approval.${value}`) }))}
      />
      <p className="dim small">{say(`content.approval.${draft.approval}.what`)}</p>
      <ScheduleFields value={draft.schedule} save={(schedule) => set({ schedule })} problem={problems.schedule ?? problems["schedule.end"]} />
      {coverage && coverage.stages.length > 0 ? <Picks label={say("content.stages")} options={coverage.stages.map((one) => ({ value: one.key, label: one.name }))} value={draft.tags.stages.map(whole)} save={(stages) => tag({ stages })} /> : null}
      {coverage && coverage.personas.length > 0 ? <Picks label={say("personas.title")} options={coverage.personas.map((one) => ({ value: one.key, label: one.name }))} value={draft.tags.personas} save={(personas) => tag({ personas })} /> : null}
      <ListField label={say("content.intents")} add={say("content.intents.add")} value={draft.tags.intents} save={(intents) => tag({ intents })} />
      {offers.length > 0 ? (
        <NativeSelect
          label={say("content.offer")}
          value={draft.offer ?? ""}
          error={problems.offer}
          data={[{ value: "", label: say("content.offer.none") }, ...offers.map((one) => ({ value: one.key, label: one.name }))]}
          onChange={(event) => set({ offer: event.currentTarget.value || null })}
        />
      ) : null}
      <Textarea label={say("field.description")} autosize minRows={1} value={draft.description} error={problems.description} onChange={(event) => set({ description: event.currentTarget.value })} />
    </>
  );
}
