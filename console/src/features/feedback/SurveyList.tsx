import { Button } from "@mantine/core";
import { IconMessages, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMay } from "../../api/session";
import { useSurveyScores, type SurveyScore } from "../../api/surveyScores";
import { useSurveys, useTemplates, type SurveyRow, type SurveyStatus } from "../../api/surveys";
import { Pill } from "../../design/Badges";
import { Modal } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { languageName } from "../../design/languages";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";
import { Figures } from "./Figures";
import styles from "./Feedback.module.css";

const ORDER: SurveyStatus[] = ["live", "draft", "paused", "ended"];

/** All surveys, those that ask now first; where there are none, what one could ask. */
export function SurveyList() {
  const say = useText();
  const surveys = useSurveys();
  const may = useMay("write");
  const navigate = useNavigate({ from: "/feedback" });
  const { new: choosing } = useSearch({ from: "/rooms/listening/feedback" });
  return (
    <Answer of={surveys}>
      {({ items }) =>
        items.length === 0 ? (
          <>
            <Empty icon={<IconMessages />} title={say("survey.empty")}>
              {say("survey.empty.words")}
            </Empty>
            {may ? <Templates /> : null}
          </>
        ) : (
          <>
            <div className="row-between">
              <p className={styles.lead}>{say("survey.list.lead")}</p>
              {may ? (
                <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => void navigate({ search: { new: true } })}>
                  {say("survey.new")}
                </Button>
              ) : null}
            </div>
            <Rows items={items} />
            {choosing ? (
              <Modal opened onClose={() => void navigate({ search: {} })} size={860} title={<strong>{say("survey.new")}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
                <Templates />
              </Modal>
            ) : null}
          </>
        )
      }
    </Answer>
  );
}

/** What there is to ask, by the need one has. */
export function Templates() {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const templates = useTemplates();
  return (
    <Answer of={templates}>
      {({ items }) => (
        <div className={styles.needs}>
          {(["customers", "employees"] as const).map((about) => (
            <section key={about} className="stack-s" aria-labelledby={`ask-${about}`}>
              <h2 id={`ask-${about}`}>{say(`survey.templates.${about}`)}</h2>
              <ul className={styles.templates}>
                {items
                  .filter((one) => (one.body.about ?? "customers") === about)
                  .map((one) => (
                    <li key={one.key}>
                      <Link to="/feedback/surveys/$key" params={{ key: "new" }} search={{ template: one.key }} className={styles.template}>
                        <strong>{sayOr(`survey.need.${one.key}`, one.need)}</strong>
                        <span className="dim small">{one.body.name}</span>
                        <span className="dim small">{say("survey.template.questions", { count: one.body.questions?.length ?? 0, languages: format.list((one.body.languages ?? ["en"]).map(languageName)) })}</span>
                      </Link>
                    </li>
                  ))}
              </ul>
            </section>
          ))}
          <div>
            <Button variant="default" renderRoot={(props) => <Link to="/feedback/surveys/$key" params={{ key: "new" }} search={{}} {...props} />}>
              {say("survey.blank")}
            </Button>
          </div>
        </div>
      )}
    </Answer>
  );
}

function Rows({ items }: { items: SurveyRow[] }) {
  const say = useText();
  const format = useFormat();
  const scores = new Map(useSurveyScores().data?.items.map((one) => [one.key, one]));
  const sorted = [...items].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || a.name.localeCompare(b.name));
  return (
    <ul className={styles.rows} aria-label={say("survey.all")}>
      {sorted.map((one) => (
        <li key={one.key}>
          <Link to="/feedback/surveys/$key" params={{ key: one.key }} className={styles.item}>
            <span>
              <strong>{one.name}</strong>
              <span className="dim small">{say("survey.row", { languages: format.list(one.languages.map(languageName)), about: one.about })}</span>
            </span>
            <Told of={scores.get(one.key)} />
            <StatusPill status={one.status} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

const Told = ({ of }: { of: SurveyScore | undefined }) => (of && (of.responses > 0 || of.asked > 0) ? <Figures of={of} /> : <span />);

export function StatusPill({ status }: { status: SurveyStatus }) {
  const say = useText();
  return <Pill tone={status === "live" ? "accent" : status === "draft" ? "gold" : "quiet"}>{say(`survey.status.${status}`)}</Pill>;
}
