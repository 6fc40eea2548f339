import { Button } from "@mantine/core";
import { IconPencil, IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useContents } from "../../api/content";
import { useExperience, useExperienceChange, type ExperienceBody, type ExperienceStatus } from "../../api/experiences";
import { usePlacements } from "../../api/placements";
import type { Saved } from "../../api/shelf";
import { useMay } from "../../api/session";
import { Page } from "../../design/Page";
import { Answer, Empty, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { DryRunPanel } from "./DryRunPanel";
import styles from "./Experiences.module.css";
import { StatusPill } from "./ExperienceList";
import { Versions } from "./parts";
import { InWords } from "./InWords";
import { MeasureSplit } from "./MeasureSplit";
import { PreviewPanel } from "./PreviewPanel";
import { Reached } from "./Reached";

const ExperienceEditor = lazy(async () => ({ default: (await import("./ExperienceEditor")).ExperienceEditor }));

/** One experience: what it does in words, a look before it is on, and what came of it; or its guided path. */
export function ExperiencePage() {
  const say = useText();
  const navigate = useNavigate();
  const { key } = useParams({ from: "/rooms/experiences/$key" });
  const { edit, ...begun } = useSearch({ from: "/rooms/experiences/$key" });
  const experience = useExperience(key === "new" ? null : key);
  const editor = useMay("write");
  const shown = (made: string) => void navigate({ to: "/experiences/$key", params: { key: made }, search: {} });
  if (editor && (key === "new" || (edit && experience.data))) {
    return (
      <Suspense fallback={<Lines count={8} />}>
        <ExperienceEditor key={key} saved={key === "new" ? null : (experience.data ?? null)} begun={begun} done={shown} />
      </Suspense>
    );
  }
  if (key === "new") {
    return (
      <Page title={say("exp.new")}>
        <Empty title={say("error.forbidden")}>{say("error.forbidden.remedy")}</Empty>
      </Page>
    );
  }
  if (experience.data) return <Shown key={key} saved={experience.data} editor={editor} edit={() => void navigate({ to: "/experiences/$key", params: { key }, search: { edit: true } })} />;
  return (
    <Page title={say("exp.all")}>
      <Answer of={experience} skeleton={<Lines count={6} />}>
        {() => null}
      </Answer>
    </Page>
  );
}

function Shown({ saved, editor, edit }: { saved: Saved<ExperienceBody>; editor: boolean; edit: () => void }) {
  const say = useText();
  const { body } = saved;
  return (
    <Page
      title={body.name}
      lead={
        <span className="row">
          <StatusPill status={body.status} /> <Link to="/experiences">{say("exp.all")}</Link>
        </span>
      }
      actions={
        editor ? (
          <>
            <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={edit}>
              {say("action.edit")}
            </Button>
            <Turning saved={saved} />
          </>
        ) : null
      }
    >
      <div className={styles.columns}>
        <div className="stack">
          {body.status === "draft" ? null : <Reached of={saved} />}
          {editor ? <DryRunPanel of={saved.key} body={null} /> : null}
          {editor ? <PreviewPanel of={saved} /> : null}
        </div>
        <div className={styles.side}>
          <InWords body={body} />
          <section className={styles.panel} aria-labelledby="shown-content">
            <h2 id="shown-content">{say("exp.what")}</h2>
            <Contents body={body} />
            {body.experiment ? (
              <Link to="/experiments/$key" params={{ key: body.experiment }}>
                {say("exp.experiment.open")}
              </Link>
            ) : editor && body.variations.length > 1 && body.status !== "archived" ? (
              <MeasureSplit of={saved} />
            ) : null}
            <Versions history={saved.history} />
          </section>
        </div>
      </div>
    </Page>
  );
}

/** On, off, and on again: each is taken back by one click. */
function Turning({ saved }: { saved: Saved<ExperienceBody> }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { save } = useExperienceChange();
  const navigate = useNavigate();
  const contents = useContents().data?.items;
  const { body } = saved;
  const unapproved = body.variations.some((one) => one.content && contents?.some((row) => row.key === one.content && row.approval !== "approved"));
  const turn = (status: ExperienceStatus) =>
    save.mutate(
      { key: saved.key, expected: saved.version, body: { ...body, status } },
      {
        onSuccess: (made) => {
          tell(say(status === "live" ? "exp.on" : status === "paused" ? "exp.off" : "exp.archived", { name: body.name }), () => save.mutate({ key: saved.key, expected: made.version, body }, { onError: tellError }));
          if (status === "archived") void navigate({ to: "/experiences" });
        },
        onError: tellError,
      },
    );
  if (body.status === "live") {
    return (
      <Button size="xs" variant="default" leftSection={<IconPlayerPause size={14} aria-hidden="true" />} loading={save.isPending} onClick={() => turn("paused")}>
        {say("exp.turnOff")}
      </Button>
    );
  }
  return (
    <>
      {body.status === "archived" ? null : (
        <Button size="xs" variant="default" onClick={() => turn("archived")}>
          {say("exp.archive")}
        </Button>
      )}
      <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden="true" />} loading={save.isPending} disabled={unapproved} title={unapproved ? say("exp.unapproved") : undefined} onClick={() => turn("live")}>
        {say("exp.turnOn")}
      </Button>
    </>
  );
}

function Contents({ body }: { body: ExperienceBody }) {
  const say = useText();
  const names = new Map(useContents().data?.items.map((one) => [one.key, one]));
  const place = usePlacements().data?.items.find((one) => one.key === body.placement);
  return (
    <>
      <Link to="/experiences/placements/$key" params={{ key: body.placement }}>
        {place?.name ?? body.placement}
      </Link>
      <ul className={styles.plain}>
        {body.variations.map((one) => (
          <li key={one.key}>
            <strong>{one.name || one.key}</strong>{" "}
            {one.content ? (
              <Link to="/experiences/content/$key" params={{ key: one.content }}>
                {names.get(one.content)?.name ?? one.content}
              </Link>
            ) : (
              <span className="dim">{say("exp.asItIs")}</span>
            )}
            {one.content && names.get(one.content) && names.get(one.content)?.approval !== "approved" ? <span className={styles.problem}> {say("exp.notApproved")}</span> : null}
          </li>
        ))}
      </ul>
    </>
  );
}
