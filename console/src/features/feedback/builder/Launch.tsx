import { Button } from "@mantine/core";
import { IconCircleCheck, IconCircleDashed, IconCircleX, IconPlayerPause, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useContactCounts } from "../../../api/contacts";
import { useMay } from "../../../api/session";
import { useSurveyAsking, type SavedSurvey, type SurveyBody, type SurveyStatus } from "../../../api/surveys";
import { useFormat } from "../../../design/format";
import { useText, useTextOr } from "../../../design/text";
import styles from "../Feedback.module.css";
import { checks, type Check } from "./checks";
import { said } from "./draft";
import type { Part } from "./parts";
import { Reached } from "./Reached";
import type { Building } from "./useBuilding";
import { useAskingWords } from "./words";

const PLACE: Record<Check["code"], Part> = { name: "questions", questions: "questions", asked: "questions", texts: "look", channels: "who", when: "who", open: "who", reached: "questions", saved: "questions" };

/** What it will do in words, what is still missing, and the start; once it asks: pause, end, and who was asked or not. */
export function Launch({ of, saved, show }: { of: Building; saved: SavedSurvey | null; show: (part: Part) => void }) {
  const say = useText();
  const words = useAskingWords();
  const may = useMay("write");
  const { body } = of;
  const items = checks(body, of.dirty || !saved);
  const ready = items.every((one) => one.done || !one.needed);
  return (
    <>
      <section className={styles.panel} aria-labelledby="survey-in-words">
        <h2 id="survey-in-words">{say("survey.words")}</h2>
        {words(body).map((line) => (
          <p key={line}>{line}</p>
        ))}
      </section>
      {body.status === "draft" || body.status === "paused" ? (
        <section className={styles.panel} aria-labelledby="survey-checks">
          <h2 id="survey-checks">{say("survey.checks")}</h2>
          <ul className={styles.checks}>
            {items.map((one) => (
              <Line key={one.code} of={one} fill={one.code === "saved" ? () => of.save() : () => show(PLACE[one.code])} />
            ))}
          </ul>
        </section>
      ) : null}
      {saved && body.status !== "ended" && pushed(body) ? <Reached saved={saved} /> : null}
      {may && saved ? <Turning of={of} ready={ready} /> : null}
      {saved && body.status !== "draft" ? <Quotas survey={saved.key} body={body} /> : null}
      {saved && body.status !== "draft" ? <Asked survey={saved.key} /> : null}
    </>
  );
}

/** Whether Resa itself asks somebody: a link is given away by people. */
const pushed = ({ channels }: SurveyBody) => channels.some((one) => one !== "link");

function Line({ of, fill }: { of: Check; fill: () => void }) {
  const say = useText();
  const words = say(of.done ? "check.done" : of.needed ? "check.missing" : "check.could");
  const what = say(`survey.check.${of.code}`);
  return (
    <li>
      {of.done ? (
        <IconCircleCheck size={20} className={styles.ok} role="img" aria-label={words} />
      ) : of.needed ? (
        <IconCircleX size={20} className={styles.missing} role="img" aria-label={words} />
      ) : (
        <IconCircleDashed size={20} className={styles.could} role="img" aria-label={words} />
      )}
      <span className="grow">{what}</span>
      {of.done ? null : (
        <Button size="compact-sm" variant="default" aria-label={say("check.fill.named", { what })} onClick={fill}>
          {say(of.code === "saved" ? "action.save" : "check.fill")}
        </Button>
      )}
    </li>
  );
}

/** On, off, on again, and over. */
function Turning({ of, ready }: { of: Building; ready: boolean }) {
  const say = useText();
  const { status } = of.body;
  const turn = (next: SurveyStatus) => of.save(undefined, { status: next });
  return (
    <div className="row" style={{ justifyContent: "flex-end" }}>
      {status === "live" || status === "paused" ? (
        <Button variant="default" leftSection={<IconPlayerStop size={16} aria-hidden="true" />} loading={of.pending} onClick={() => turn("ended")}>
          {say("survey.end")}
        </Button>
      ) : null}
      {status === "live" ? (
        <Button variant="default" leftSection={<IconPlayerPause size={16} aria-hidden="true" />} loading={of.pending} onClick={() => turn("paused")}>
          {say("survey.pause")}
        </Button>
      ) : (
        <>
          {ready ? null : <span className="dim small">{say("survey.notReady")}</span>}
          <Button leftSection={<IconPlayerPlay size={16} aria-hidden="true" />} loading={of.pending} disabled={!ready} onClick={() => turn("live")}>
            {say(status === "draft" ? "survey.launch" : "survey.again")}
          </Button>
        </>
      )}
    </div>
  );
}

/** How many answers there are of those wanted; once they are all there, that nobody is asked any more. */
function Quotas({ survey, body }: { survey: string; body: SurveyBody }) {
  const say = useText();
  const format = useFormat();
  const told = useSurveyAsking(survey).data;
  if (!told || told.quotas.length === 0) return null;
  const nameOf = (question: string | null, option: string | null) => {
    const asked = body.questions.find((one) => one.key === question);
    return asked ? `${said(asked.text, body.languages)}: ${said(asked.options.find((one) => one.key === option)?.text, body.languages) || (option ?? "")}` : say("survey.quotas.whole");
  };
  return (
    <section className={styles.panel} aria-labelledby="survey-quotas">
      <h2 id="survey-quotas">{say("survey.quotas")}</h2>
      {told.full ? <p className={styles.problem}>{say("survey.quotas.full")}</p> : null}
      <ul className={styles.plain}>
        {told.quotas.map((one) => (
          <li key={`${one.question}-${one.option}`} className="row-between">
            <span>{nameOf(one.question, one.option)}</span>
            <span className="num">{say(one.taken >= one.wanted ? "survey.quotas.taken.all" : "survey.quotas.taken", { taken: format.number(one.taken), wanted: format.number(one.wanted) })}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** From the contact ledger: how many were asked in the last thirty days, and who was left alone for which reason. */
function Asked({ survey }: { survey: string }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const counts = useContactCounts(30).data;
  const mine = (counts?.items ?? []).filter((one) => one.what === `survey:${survey}`);
  const made = mine.filter((one) => one.state === "made" || one.state === "reserved");
  const held = mine.filter((one) => !made.includes(one) && one.state !== "released");
  return (
    <section className={styles.panel} aria-labelledby="survey-asked">
      <h2 id="survey-asked">{say("survey.asked")}</h2>
      <p>{say("survey.asked.count", { count: made.reduce((sum, one) => sum + one.count, 0) })}</p>
      {held.length > 0 ? (
        <table className="plain">
          <caption className="visually-hidden">{say("survey.held")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("survey.held")}</th>
              <th scope="col" className="num">
                {say("survey.held.times")}
              </th>
            </tr>
          </thead>
          <tbody>
            {held.map((one) => (
              <tr key={`${one.kind}-${one.state}`}>
                <th scope="row">{sayOr(`held.${one.state}`, one.state)}</th>
                <td className="num">{format.number(one.count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="dim">{say("survey.held.none")}</p>
      )}
    </section>
  );
}
