import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { wholeSurvey, type SavedSurvey, type SurveyBody } from "../../../api/surveys";
import { CodeBlock, Copy } from "../../../design/Copy";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";
import { QrCode } from "./QrCode";

/** How it reaches people, one way beside the other; only the ways that are chosen. */
export function Share({ saved }: { saved: SavedSurvey }) {
  const body = wholeSurvey(saved.body);
  return (
    <>
      {body.channels.includes("link") && body.open_link ? <Link of={saved} /> : null}
      {body.channels.includes("site") ? <Site /> : null}
      {body.channels.includes("email") ? <Mail /> : null}
      {body.channels.includes("api") ? <Api survey={saved.key} body={body} /> : null}
    </>
  );
}

function Link({ of }: { of: SavedSurvey }) {
  const say = useText();
  const link = `${window.location.origin}/s/${of.key}`;
  return (
    <section className={styles.panel} aria-labelledby="by-link">
      <h2 id="by-link">{say("survey.channel.link")}</h2>
      <p className="dim">{say("survey.link.words")}</p>
      <div className="row">
        <a href={link} target="_blank" rel="noreferrer" className="mono">
          {link}
        </a>
        <Copy text={link} label={say("survey.link.copy")} />
      </div>
      <QrCode link={link} name={of.key} />
    </section>
  );
}

function Site() {
  const say = useText();
  return (
    <section className={styles.panel} aria-labelledby="on-site">
      <h2 id="on-site">{say("survey.channel.site")}</h2>
      <p className="dim">{say("survey.site.words")}</p>
    </section>
  );
}

function Mail() {
  const say = useText();
  return (
    <section className={styles.panel} aria-labelledby="by-mail">
      <h2 id="by-mail">{say("survey.channel.email")}</h2>
      <p className="dim">{say("survey.email.words")}</p>
    </section>
  );
}

function Api({ survey, body }: { survey: string; body: SurveyBody }) {
  const say = useText();
  const [kind, setKind] = useState("curl");
  const first = body.questions[0];
  const path = `/api/surveys/${survey}/responses`;
  const answers = first ? { [first.key]: first.kind === "nps" ? 9 : first.kind === "text" ? "..." : 5 } : {};
  const sent = JSON.stringify({ user_id: "user-42", answers }, null, 2);
  const code =
    kind === "curl"
      ? `curl ${window.location.origin}${path} -H "Authorization: Bearer $RESA_KEY" -H "Content-Type: application/json" -d '${sent}'`
      : `import httpx\n\nhttpx.post(\n    "${window.location.origin}${path}",\n    headers={"Authorization": f"Bearer {key}"},\n    json=${JSON.stringify({ user_id: "user-42", answers })},\n)`;
  return (
    <section className={styles.panel} aria-labelledby="by-api">
      <div className="row-between">
        <h2 id="by-api">{say("survey.channel.api")}</h2>
        <SegmentedControl size="xs" aria-label={say("survey.api.language")} value={kind} onChange={setKind} data={["curl", "Python"]} />
      </div>
      <p className="dim">{say("survey.api.words")}</p>
      <CodeBlock label={say("survey.api.code")} text={code} />
    </section>
  );
}
