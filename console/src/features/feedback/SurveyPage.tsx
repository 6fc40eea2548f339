import { Link, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { blankSurvey, useSurvey, useTemplates, wholeSurvey } from "../../api/surveys";
import { useMay } from "../../api/session";
import { useLocale } from "../../design/locale";
import { Page } from "../../design/Page";
import { Answer, Empty, Lines } from "../../design/states";
import { useText } from "../../design/text";

const Builder = lazy(async () => ({ default: (await import("./builder/Builder")).Builder }));

/** One survey, or a new one: blank, or from a template. */
export function SurveyPage() {
  const say = useText();
  const { locale } = useLocale();
  const { key } = useParams({ from: "/rooms/feedback/surveys/$key" });
  const { template } = useSearch({ from: "/rooms/feedback/surveys/$key" });
  const survey = useSurvey(key === "new" ? null : key);
  const templates = useTemplates(template !== undefined);
  const may = useMay("write");
  // A new survey that was kept by itself goes on being written: it is the same form under its own address.
  const [made, setMade] = useState<{ key: string; identity: string } | null>(null);
  const [shown, setShown] = useState({ key, round: 0 });
  if (shown.key !== key) setShown({ key, round: shown.round + (key === "new" ? 1 : 0) });
  const identity = key === "new" ? `new-${template ?? ""}-${shown.round}` : made?.key === key ? made.identity : key;
  if (key === "new" && !may) {
    return (
      <Page title={say("survey.new")} lead={<Link to="/feedback">{say("survey.all")}</Link>}>
        <Empty title={say("error.forbidden")}>{say("error.forbidden.remedy")}</Empty>
      </Page>
    );
  }
  const begun = key === "new" ? templates.data?.items.find((one) => one.key === template)?.body : survey.data?.body;
  if (key === "new" ? !template || templates.data : survey.data) {
    return (
      <Suspense fallback={<Lines count={8} />}>
        <Builder key={identity} saved={key === "new" ? null : (survey.data ?? null)} blank={begun ? wholeSurvey(begun) : blankSurvey(locale)} made={(now) => setMade({ key: now, identity })} />
      </Suspense>
    );
  }
  return (
    <Page title={say("survey.all")}>
      {key === "new" ? (
        <Answer of={templates} skeleton={<Lines count={8} />}>
          {() => null}
        </Answer>
      ) : (
        <Answer of={survey} skeleton={<Lines count={8} />}>
          {() => null}
        </Answer>
      )}
    </Page>
  );
}
