import { Button, Menu, ActionIcon, TextInput } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowBackUp, IconArrowForwardUp, IconDots } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "../../../api/session";
import { useSurveyChange, useSurveys, type SavedSurvey, type SurveyBody } from "../../../api/surveys";
import { Page } from "../../../design/Page";
import { useRemoval } from "../../../design/removal";
import { Failed, Problem } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";
import { StatusPill } from "../SurveyList";
import { Launch } from "./Launch";
import { Look } from "./Look";
import { missingTexts } from "./draft";
import { PARTS, partOf, type Part } from "./parts";
import { Preview } from "./Preview";
import { Questions } from "./Questions";
import { Share } from "./Share";
import { useBuilding, type Building } from "./useBuilding";
import { Who } from "./Who";

/** A survey from its questions to its launch, with the page that customers get beside it. */
export function Builder({ saved, blank, made }: { saved: SavedSurvey | null; blank: SurveyBody; made: (key: string) => void }) {
  const say = useText();
  const navigate = useNavigate({ from: "/feedback/surveys/$key" });
  const part = partOf(useSearch({ from: "/rooms/feedback/surveys/$key" }).part);
  const taken = useSurveys().data?.items.map((one) => one.key) ?? [];
  const may = useMay("write");
  const building = useBuilding(saved, blank, taken, (key) => {
    made(key);
    return navigate({ to: "/feedback/surveys/$key", params: { key }, search: { part }, replace: true });
  });
  useHotkeys([["mod+Z", () => building.undo?.()], ["mod+shift+Z", () => building.redo?.()]]);
  const { body, set, problems } = building;
  const show = (next: Part) => void navigate({ search: (old) => ({ ...old, part: next }), replace: true });
  return (
    <Page
      wide
      title={body.name.trim() || say("survey.new")}
      lead={
        <span className="row">
          <Link to="/feedback">{say("survey.all")}</Link> <StatusPill status={body.status} />
          <Kept of={building} />
        </span>
      }
      actions={
        may ? <>
          <ActionIcon variant="default" size={36} aria-label={say("survey.undo")} title={say("survey.undo")} disabled={!building.undo} onClick={() => building.undo?.()}>
            <IconArrowBackUp size={16} aria-hidden="true" />
          </ActionIcon>
          <ActionIcon variant="default" size={36} aria-label={say("survey.redo")} title={say("survey.redo")} disabled={!building.redo} onClick={() => building.redo?.()}>
            <IconArrowForwardUp size={16} aria-hidden="true" />
          </ActionIcon>
          <Button loading={building.pending} disabled={body.name.trim() === "" || !building.dirty} onClick={() => building.save()}>
            {say("action.save")}
          </Button>
          {saved ? <More saved={saved} /> : null}
        </> : null
      }
    >
      <Wrong of={building} />
      <nav className={styles.parts} aria-label={say("survey.parts")}>
        {PARTS.map((one) => (
          <button key={one} type="button" className={styles.partname} aria-current={one === part ? "step" : undefined} onClick={() => show(one)}>
            {say(`survey.part.${one}`)}
          </button>
        ))}
      </nav>
      <div className={styles.build}>
        <fieldset className={`${styles.set} ${styles.main}`} disabled={!may}>
          <legend className="visually-hidden">{say(`survey.part.${part}`)}</legend>
          {part === "questions" ? (
            <>
              <TextInput label={say("field.name")} description={say("survey.name.words")} required maxLength={120} value={body.name} error={problems.name} onChange={(event) => set({ name: event.currentTarget.value })} />
              <Questions of={building} />
            </>
          ) : null}
          {part === "look" ? <Look of={building} /> : null}
          {part === "who" ? <Who of={building} /> : null}
          {part === "launch" ? <Launch of={building} saved={saved} show={show} /> : null}
        </fieldset>
        <div className={styles.side}>
          {part === "launch" && saved ? <Share saved={saved} /> : <Preview body={body} />}
          <Lacking body={body} show={show} />
        </div>
      </div>
    </Page>
  );
}

/** Whether what stands here is kept: a draft keeps itself, what asks already waits to be saved. */
function Kept({ of: { body, dirty, keeping, pending, version, problems } }: { of: Building }) {
  const say = useText();
  const refused = Object.keys(problems).length > 0;
  const words = keeping || pending ? "survey.keeping" : !dirty ? "survey.kept" : refused ? "survey.unkept" : body.status === "live" ? "survey.unsaved.live" : "survey.unsaved";
  return <span role="status">{say(words, { version })}</span>;
}

/** A refusal that no field shows, and a version that somebody else saved meanwhile. */
function Wrong({ of }: { of: Building }) {
  const say = useText();
  const unseen = Object.entries(of.problems);
  if (!of.failed && unseen.length === 0) return null;
  return (
    <div className="stack-s">
      {of.failed ? <Failed error={of.failed} /> : null}
      <Problem>{unseen.map(([field, words]) => say("error.field", { field, rule: words })).join(" ")}</Problem>
      {of.theirs === undefined ? null : (
        <div>
          <Button size="xs" variant="default" onClick={() => of.save(of.theirs)}>
            {say("edit.conflict.mine")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** The texts that a language lacks, so that nobody finds out from a customer. */
function Lacking({ body, show }: { body: SurveyBody; show: (part: Part) => void }) {
  const say = useText();
  const lacking = missingTexts(body);
  if (lacking.length === 0) return null;
  return (
    <section className={styles.panel} aria-labelledby="lacking">
      <h2 id="lacking">{say("survey.lacking", { count: lacking.length })}</h2>
      <ul className={styles.plain}>
        {lacking.slice(0, 8).map((one) => (
          <li key={`${one.where}-${one.language}`} className="small">
            <Button size="compact-sm" variant="subtle" onClick={() => show(one.part)}>
              {say("survey.lacking.one", { where: one.number === null ? say(`survey.text.${one.where as "intro"}`) : say("question.nth", { number: one.number }), language: one.language })}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function More({ saved }: { saved: SavedSurvey }) {
  const say = useText();
  const navigate = useNavigate();
  const { discard, save } = useSurveyChange();
  const remove = useRemoval();
  const drop = () =>
    remove({ discard, save }, saved, say("exp.removed", { name: saved.body.name }), () => void navigate({ to: "/feedback" }));
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={say("survey.menu")}>
          <IconDots size={16} aria-hidden="true" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={drop}>{say("action.remove")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
