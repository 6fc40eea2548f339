import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from "@mantine/core";
import { IconAffiliate, IconColumns2, IconDots, IconMessages, IconDownload, IconPhoto, IconDropletDown, IconHistory, IconPencil, IconTrash, IconTrendingDown, IconTrendingUp, IconUpload } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { useCells, type Cell } from "../../api/cells";
import { exportDefinitions } from "../../api/definitions";
import { useJourney, useJourneyChange, useJourneyNumbers, useJourneys, type Journey, type JourneyNumbers, type LensQuery, type Touchpoint } from "../../api/journeys";
import { useNotes } from "../../api/notes";
import { useMay, useSession } from "../../api/session";
import { Simulated } from "../../design/Badges";
import { download } from "../../design/download";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { useRemoval } from "../../design/removal";
import { Failed, Lines, Stale } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../lens/lens";
import { LensBar } from "../../lens/LensBar";
import { Board } from "./Board";
import styles from "./BoardPage.module.css";
import { BoardTable } from "./BoardTable";
import { findingsOf } from "./findings";
import { LAYERS, type Layer, type Overlay } from "./together/marks";

// The board comes first; what is beneath it or opened from it follows.
const AboutDrawer = lazy(async () => ({ default: (await import("./AboutDrawer")).AboutDrawer }));
const PeopleDrawer = lazy(async () => ({ default: (await import("./PeopleDrawer")).PeopleDrawer }));
const NotesDrawer = lazy(async () => ({ default: (await import("./together/NotesDrawer")).NotesDrawer }));
const Beside = lazy(async () => ({ default: (await import("./together/Beside")).Beside }));
const Discovered = lazy(async () => ({ default: (await import("./together/Discovered")).Discovered }));
const Handovers = lazy(async () => ({ default: (await import("./together/Handovers")).Handovers }));
const EditMode = lazy(async () => ({ default: (await import("./edit/EditMode")).EditMode }));
const History = lazy(async () => ({ default: (await import("./History")).History }));
const ExportDialog = lazy(async () => ({ default: (await import("./export/ExportDialog")).ExportDialog }));
const ApplyFile = lazy(async () => ({ default: (await import("./ApplyFile")).ApplyFile }));

export function BoardPage() {
  const say = useText();
  const { key } = useParams({ from: "/rooms/journeys/$key" });
  const journey = useJourney(key);
  if (journey.data) return <Loaded key={key} journey={journey.data} />;
  return (
    <Page title={say("room.journeys")} wide>
      {journey.error ? <Failed error={journey.error} retry={() => void journey.refetch()} /> : <Lines count={8} />}
    </Page>
  );
}

function Loaded({ journey }: { journey: Journey }) {
  const say = useText();
  const navigate = useNavigate({ from: "/journeys/$key" });
  const search = useSearch({ from: "/rooms/journeys/$key" });
  const { workspace } = useSession();
  const lens = lensOf({ ...search });
  // Rounded to the quarter of an hour: the question stays the same, so its answer can be kept.
  const now = Math.floor(Date.now() / 900_000) * 900_000;
  const { period, from, to, compare, channel, simulated, population } = lens;
  const query = useMemo(() => queryOf({ period, from, to, compare, channel, simulated, population }, now, workspace.timezone, usualPeriod(workspace.demo)), [period, from, to, compare, channel, simulated, population, now, workspace]);
  const numbers = useJourneyNumbers(journey.key, query);
  const than = useThan(numbers.data, search.compare);
  const go = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: change.cell === undefined && change.edit === undefined });
  const setLens = (next: Partial<Lens>) => void navigate({ search: ({ view, edit, layer, beside }) => ({ ...next, view, edit, layer, beside }) });
  const add = useAddAtOnce(journey);
  const doors = { people: (cell: string) => go({ cell, point: undefined, notes: undefined }), about: (point: string) => go({ point, cell: undefined, notes: undefined }) };
  const editor = useMay("write");
  const overlay = useOverlay(journey, query, search.layer);
  const noted = overlay.notes?.items.length ?? 0;
  const { body } = journey;

  return (
    <Page
      wide
      title={body.name}
      lead={[body.persona && say("journey.for", { persona: body.persona }), body.goal?.metric && say("journey.goal", { metric: body.goal.metric, target: String(body.goal.target ?? "") })].filter(Boolean).join(" · ") || body.description}
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label={say("board.view")}
            value={search.view ?? "board"}
            onChange={(view) => go({ view: view === "table" ? "table" : undefined })}
            data={[
              { value: "board", label: say("board.view.board") },
              { value: "table", label: say("board.view.table") },
            ]}
          />
          {search.edit ? null : (
            <Button size="xs" variant="default" leftSection={<IconMessages size={14} aria-hidden="true" />} onClick={() => go({ notes: true, point: undefined, cell: undefined })}>
              {noted > 0 ? say("notes.open.count", { count: noted }) : say("notes.open")}
            </Button>
          )}
          {editor && !search.edit ? (
            <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={() => go({ edit: true })}>
              {say("action.edit")}
            </Button>
          ) : null}
          <MapMenu journey={journey} numbers={numbers.data} editor={editor} beside={(key) => go({ beside: key, edit: undefined })} />
        </>
      }
    >
      {search.edit && editor ? (
        <Suspense fallback={<Lines count={6} />}>
          <EditMode journey={journey} numbers={numbers.data} point={search.point} open={(point) => go({ point })} done={() => go({ edit: undefined, point: undefined })} />
        </Suspense>
      ) : (
        <>
          <div className="row-between">
            <LensBar lens={lens} onChange={setLens} channels={channelsOf(numbers.data)} whose />
            {numbers.data ? <Provenance numbers={numbers.data} /> : null}
          </div>
          {numbers.error && numbers.data ? <Stale at={numbers.dataUpdatedAt} retry={() => void numbers.refetch()} /> : null}
          {numbers.error && !numbers.data ? <Failed error={numbers.error} retry={() => void numbers.refetch()} /> : null}
          {numbers.data ? <Findings journey={journey} numbers={numbers.data} than={than} open={doors.people} /> : null}
          {search.view === "table" && numbers.data ? (
            <BoardTable journey={journey} numbers={numbers.data} than={than} people={doors.people} />
          ) : (
            <>
              <LayerSwitch layer={search.layer} choose={(layer) => go({ layer })} />
              <Board journey={journey} numbers={numbers.data} fading={numbers.isPlaceholderData} than={than} doors={doors} overlay={overlay} />
            </>
          )}
          <Suspense>
            {search.beside ? <Beside journey={journey} intended={search.beside} lens={query} than={than} choose={(beside) => go({ beside })} /> : null}
            {numbers.data && editor ? <Discovered journey={journey} lens={query} add={add} /> : null}
            {numbers.data ? <Handovers journey={journey} lens={query} people={doors.people} /> : null}
          </Suspense>
          <Suspense>
            {search.point ? (
              <AboutDrawer journey={journey.key} body={body} numbers={numbers.data} lens={query} editable={editor} point={search.point} close={() => go({ point: undefined })} edit={() => go({ edit: true, point: search.point })} people={doors.people} />
            ) : null}
            {search.notes ? <NotesDrawer journey={journey.key} body={body} lens={query} editable={editor} about={doors.about} close={() => go({ notes: undefined })} /> : null}
          </Suspense>
        </>
      )}
      <Suspense>{search.cell ? <PeopleDrawer journey={journey.key} body={body} cell={search.cell} lens={query} close={() => go({ cell: undefined })} /> : null}</Suspense>
    </Page>
  );
}

const channelsOf = (numbers: JourneyNumbers | undefined): string[] | undefined => {
  const seen = new Set(numbers?.stages.flatMap((stage) => stage.channels.map((channel) => channel.channel)));
  return seen.size > 1 ? [...seen].sort() : undefined;
};

/** What a comparison is with, in words: "the 30 days before". */
function useThan(numbers: JourneyNumbers | undefined, compare: string | undefined): string {
  const say = useText();
  if (!numbers?.compare) return "";
  const days = Math.max(1, Math.round((Date.parse(numbers.compare.to) - Date.parse(numbers.compare.from)) / 86_400_000));
  return compare === "year" ? say("than.year") : say("than.before", { days });
}

/** Which data these are: real or simulated, as of when, moved in time or not. */
function Provenance({ numbers }: { numbers: JourneyNumbers }) {
  const say = useText();
  const format = useFormat();
  const { workspace } = useSession();
  return (
    <div className={styles.provenance}>
      <span>{say("board.real", { count: numbers.real_events })}</span>
      {numbers.simulated_events > 0 ? (
        <span className="row" style={{ gap: 6 }}>
          <span>{say("board.simulated", { count: numbers.simulated_events })}</span>
          <Simulated />
        </span>
      ) : null}
      {workspace.as_of_original ? (
        <Tooltip label={say("board.shifted.explained")}>
          <span>{say("board.shifted", { date: format.dayDate(workspace.as_of_original) })}</span>
        </Tooltip>
      ) : null}
      <span>{say("state.asOf", { when: format.clock(numbers.as_of) })}</span>
    </div>
  );
}

function Findings({ journey, numbers, than, open }: { journey: Journey; numbers: JourneyNumbers; than: string; open: (cell: string) => void }) {
  const say = useText();
  const format = useFormat();
  const found = findingsOf(journey.body, numbers);
  if (found.length === 0) return null;
  return (
    <ul className={styles.findings} aria-label={say("findings.label")}>
      {found.map((finding) => (
        <li key={finding.kind}>
          {finding.kind === "loss" ? <IconDropletDown size={18} stroke={1.75} aria-hidden="true" /> : (finding.change.share ?? 0) < 0 ? <IconTrendingDown size={18} stroke={1.75} aria-hidden="true" /> : <IconTrendingUp size={18} stroke={1.75} aria-hidden="true" />}
          <p>
            {finding.kind === "loss"
              ? say("findings.loss", { stage: finding.name, share: format.percent(finding.share), customers: finding.customers })
              : (finding.change.share ?? 0) >= 1
                ? say("findings.times", { times: format.times((finding.change.share ?? 0) + 1), stage: finding.name, next: finding.to, than })
                : say((finding.change.share ?? 0) < 0 ? "findings.fewer" : "findings.more", {
                  share: format.percent(Math.abs(finding.change.share ?? 0)),
                  low: format.percent(Math.min(Math.abs(finding.change.low), Math.abs(finding.change.high))),
                  high: format.percent(Math.max(Math.abs(finding.change.low), Math.abs(finding.change.high))),
                  stage: finding.name,
                  next: finding.to,
                  than,
                })}{" "}
            <button type="button" className={styles.verb} onClick={() => open(finding.cell)}>
              {say("findings.people")}
            </button>
          </p>
        </li>
      ))}
    </ul>
  );
}

/** What is laid over the board; the layers' figures are asked for when one is chosen. */
function useOverlay(journey: Journey, lens: LensQuery, layer: Layer | undefined): Overlay {
  const notes = useNotes(journey.key, lens);
  const cells = useCells(journey.key, journey.version, lens, layer !== undefined);
  return useMemo(() => {
    const found = new Map<string, Cell>();
    for (const stage of cells.data?.stages ?? []) {
      found.set(`stage:${stage.key}`, stage);
      for (const touchpoint of stage.touchpoints) found.set(`touchpoint:${touchpoint.key}`, touchpoint);
    }
    return { notes: notes.data, layer, cells: found };
  }, [notes.data, cells.data, layer]);
}

/** Which further figure the cards carry. */
function LayerSwitch({ layer, choose }: { layer: Layer | undefined; choose: (layer: Layer | undefined) => void }) {
  const say = useText();
  return (
    <div className="row">
      <span className="dim small" id="layer">
        {say("layer.label")}
      </span>
      <SegmentedControl
        size="xs"
        aria-labelledby="layer"
        value={layer ?? "flow"}
        onChange={(value) => choose(LAYERS.find((one) => one === value))}
        data={(["flow", ...LAYERS] as const).map((value) => ({ value, label: say(`layer.${value}`) }))}
      />
    </div>
  );
}

/** Puts a real step on the map as one new version, with undo. */
function useAddAtOnce(journey: Journey): (stage: string, touchpoint: Touchpoint) => void {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { save } = useJourneyChange();
  return (stage, touchpoint) => {
    const body = { ...journey.body, stages: journey.body.stages.map((one) => (one.key === stage ? { ...one, touchpoints: [...one.touchpoints, touchpoint] } : one)) };
    save.mutate(
      { key: journey.key, expected: journey.version, body },
      {
        onSuccess: (saved) =>
          tell(say("unmapped.added", { name: touchpoint.name }), () => save.mutate({ key: journey.key, expected: saved.version, body: journey.body }, { onError: tellError })),
        onError: tellError,
      },
    );
  };
}

function MapMenu({ journey, numbers, editor, beside }: { journey: Journey; numbers: JourneyNumbers | undefined; editor: boolean; beside: (key: string) => void }) {
  const say = useText();
  const navigate = useNavigate();
  const { tellError } = useToasts();
  const { discard, save } = useJourneyChange();
  const [shown, setShown] = useState<"history" | "poster" | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const others = (useJourneys().data?.items ?? []).filter((one) => one.key !== journey.key);
  const intended = journey.body.intended ?? others[0]?.key;
  const toFile = () =>
    void exportDefinitions("journey")
      .then(({ definitions }) => {
        const own = definitions.filter((one) => one.key === journey.key);
        download(`${journey.key}.journey.json`, JSON.stringify({ definitions: own.length > 0 ? own : [{ kind: "journey", key: journey.key, body: journey.body }] }, null, 2), "application/json");
      })
      .catch(tellError);
  const remove = useRemoval();
  const drop = () =>
    remove({ discard, save }, journey, say("journey.removed", { name: journey.body.name }), () => void navigate({ to: "/journeys" }));
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={say("board.menu")}>
            <IconDots size={16} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconHistory size={16} aria-hidden="true" />} onClick={() => setShown("history")}>
            {say("history.title")}
          </Menu.Item>
          {intended ? (
            <Menu.Item leftSection={<IconColumns2 size={16} aria-hidden="true" />} onClick={() => beside(intended)}>
              {say("beside.open")}
            </Menu.Item>
          ) : null}
          <Menu.Item leftSection={<IconAffiliate size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/attribution" search={{ touch: `touchpoint:${journey.key}` }} {...props} />}>
            {say("attribution.title")}
          </Menu.Item>
          {numbers ? (
            <Menu.Item leftSection={<IconPhoto size={16} aria-hidden="true" />} onClick={() => setShown("poster")}>
              {say("export.open")}
            </Menu.Item>
          ) : null}
          <Menu.Item leftSection={<IconDownload size={16} aria-hidden="true" />} onClick={toFile}>
            {say("file.export")}
          </Menu.Item>
          {editor ? (
            <>
              <Menu.Item leftSection={<IconUpload size={16} aria-hidden="true" />} onClick={() => input.current?.click()}>
                {say("file.apply")}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item leftSection={<IconTrash size={16} aria-hidden="true" />} onClick={drop}>
                {say("journey.remove")}
              </Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={say("file.apply")}
        onChange={(event) => {
          setFile(event.currentTarget.files?.[0] ?? null);
          event.currentTarget.value = "";
        }}
      />
      <Suspense>
        {shown === "history" ? <History journey={journey} close={() => setShown(null)} /> : null}
        {shown === "poster" && numbers ? <ExportDialog journey={journey} numbers={numbers} close={() => setShown(null)} /> : null}
        {file ? <ApplyFile file={file} close={() => setFile(null)} /> : null}
      </Suspense>
    </>
  );
}
