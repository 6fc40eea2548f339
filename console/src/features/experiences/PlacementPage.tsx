import { Button, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { IconClick } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useContents, TYPES, type ContentType } from "../../api/content";
import { useExperiences } from "../../api/experiences";
import { blankPlacement, usePlacement, usePlacementChange, usePlacements, type PlacementBody } from "../../api/placements";
import type { Saved } from "../../api/shelf";
import { useMay } from "../../api/session";
import { CHANNELS, useChannelName } from "../../design/channels";
import { Copy } from "../../design/Copy";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Answer, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { useEditing, type Editing } from "./editing";
import styles from "./Experiences.module.css";
import { Ending, Picks, UsedBy, Versions } from "./parts";
import { OnSite } from "./OnSite";

/** One placement: where it is, what it holds, what fills it. */
export function PlacementPage() {
  const say = useText();
  const navigate = useNavigate();
  const { key } = useParams({ from: "/rooms/experiences/placements/$key" });
  const placement = usePlacement(key === "new" ? null : key);
  const open = (made: string) => void navigate({ to: "/experiences/placements/$key", params: { key: made } });
  if (key === "new") return <Form key="new" saved={null} done={open} />;
  if (placement.data) return <Form key={`${key}-${placement.data.version}`} saved={placement.data} done={open} />;
  return (
    <Page title={say("placement.all")}>
      <Answer of={placement} skeleton={<Lines count={5} />}>
        {() => null}
      </Answer>
    </Page>
  );
}

function Form({ saved, done }: { saved: Saved<PlacementBody> | null; done: (key: string) => void }) {
  const say = useText();
  const navigate = useNavigate();
  const editor = useMay("write");
  const change = usePlacementChange();
  const rows = usePlacements().data?.items ?? [];
  const editing = useEditing({ saved, blank: blankPlacement(), change, taken: rows.map((one) => one.key), done });
  const remove = useRemoval();
  const drop = () =>
    saved && remove(change, saved, say("exp.removed", { name: saved.body.name }), () => void navigate({ to: "/experiences/placements" }));
  return (
    <Page
      title={saved ? saved.body.name : say("placement.new")}
      lead={<Link to="/experiences/placements">{say("placement.all")}</Link>}
      actions={
        saved && editor ? (
          <Button size="xs" variant="default" onClick={drop}>
            {say("action.remove")}
          </Button>
        ) : null
      }
    >
      <div className={styles.columns}>
        <form
          className={styles.panel}
          onSubmit={(event) => {
            event.preventDefault();
            editing.store();
          }}
        >
          <PlacementFields of={editing} editor={editor} />
          {editor ? (
            <Ending
              of={editing}
              ready={editing.draft.name.trim() !== ""}
              back={
                <Button variant="default" renderRoot={(props) => <Link to="/experiences/placements" {...props} />}>
                  {say("action.back")}
                </Button>
              }
            />
          ) : null}
        </form>
        {saved ? <Side saved={saved} editor={editor} /> : null}
      </div>
    </Page>
  );
}

/** What is said of a placement; used on its page and where an experience needs a new one. */
export function PlacementFields({ of, editor = true }: { of: Editing<PlacementBody>; editor?: boolean }) {
  const say = useText();
  const channel = useChannelName();
  const { draft, set, problems } = of;
  const contents = useContents().data?.items.filter((one) => one.approval === "approved" && (draft.types.length === 0 || draft.types.includes(one.type))) ?? [];
  return (
    <fieldset disabled={!editor} className={styles.picks}>
      <legend className="visually-hidden">{say("placement.all")}</legend>
      <div className="stack">
        <TextInput label={say("field.name")} placeholder={say("placement.name.example")} required maxLength={120} value={draft.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <div className={styles.pair}>
          <NativeSelect label={say("word.channel")} value={draft.channel} error={problems.channel} data={CHANNELS.map((value) => ({ value, label: channel(value) }))} onChange={(event) => set({ channel: event.currentTarget.value })} />
          <NativeSelect
            label={say("placement.default")}
            value={draft.default ?? ""}
            error={problems.default}
            data={[{ value: "", label: say("placement.default.none") }, ...contents.map((one) => ({ value: one.key, label: one.name }))]}
            onChange={(event) => set({ default: event.currentTarget.value || null })}
          />
        </div>
        <Picks label={say("placement.types")} hint={say("placement.types.what")} options={TYPES.map((value) => ({ value, label: say(`content.type.${value}`) }))} value={draft.types} save={(types) => set({ types: types as ContentType[] })} />
        {draft.channel === "web" ? (
          <fieldset className={styles.part}>
            <legend>{say("placement.where")}</legend>
            <p className="dim small">{draft.selector ? say("placement.where.chosen", { selector: draft.selector, position: say(`placement.position.${draft.position}`) }) : say("placement.where.none")}</p>
            <OnSite
              label={say("placement.choose")}
              icon={<IconClick size={16} aria-hidden="true" />}
              start={{ mode: "placement", selector: draft.selector, position: draft.position }}
              done={(result) => set({ selector: result.selector, position: result.position })}
            />
          </fieldset>
        ) : null}
        <Textarea label={say("field.description")} autosize minRows={1} value={draft.description} error={problems.description} onChange={(event) => set({ description: event.currentTarget.value })} />
      </div>
    </fieldset>
  );
}

function Side({ saved, editor }: { saved: Saved<PlacementBody>; editor: boolean }) {
  const say = useText();
  const row = usePlacements().data?.items.find((one) => one.key === saved.key);
  const names = new Map(useExperiences().data?.items.map((one) => [one.key, one.name]));
  const tag = `<div data-resa-placement="${saved.key}"></div>`;
  return (
    <div className={styles.side}>
      <section className={styles.panel} aria-labelledby="fills">
        <h2 id="fills">{say("placement.fills")}</h2>
        <UsedBy keys={row?.experiences ?? []} names={names} />
        {editor ? (
          <Link to="/experiences/$key" params={{ key: "new" }} search={{ placement: saved.key }}>
            {say("placement.fill")}
          </Link>
        ) : null}
      </section>
      {saved.body.selector ? null : (
        <section className={styles.panel} aria-labelledby="tag">
          <h2 id="tag">{say("placement.tag")}</h2>
          <p className="dim small">{say("placement.tag.what")}</p>
          <div className="row">
            <code className="mono">{tag}</code>
            <Copy text={tag} label={say("placement.tag.copy")} />
          </div>
        </section>
      )}
      <section className={styles.panel}>
        <Versions history={saved.history} />
      </section>
    </div>
  );
}
