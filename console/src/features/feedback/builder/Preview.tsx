import { Button, NativeSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconRestore } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { usePopulations } from "../../../api/populations";
import { usePreview, type SurveyBody } from "../../../api/surveys";
import { Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";
import { tidy } from "./draft";
import { Picks } from "./Picks";

const DEVICES = ["phone", "desktop"] as const;
const PAUSE = 600;

/** The page as it will be, on a phone and on a desk: answered there, it goes on as it would for a customer, and nothing is kept. */
export function Preview({ body }: { body: SurveyBody }) {
  const say = useText();
  const [settled] = useDebouncedValue(body, PAUSE);
  const [language, setLanguage] = useState("");
  const [audiences, setAudiences] = useState<string[]>([]);
  const people = usePopulations().data ?? [];
  const spoken = body.languages.includes(language) ? language : (body.languages[0] ?? "en");
  const asked = [...new Set(body.questions.flatMap((one) => one.show_if.flatMap((condition) => condition.audience ?? [])))];
  return (
    <section className={styles.panel} aria-labelledby="survey-preview">
      <div className="row-between">
        <h2 id="survey-preview">{say("survey.preview")}</h2>
        {body.languages.length > 1 ? <NativeSelect size="xs" aria-label={say("survey.preview.language")} value={spoken} data={body.languages} onChange={(event) => setLanguage(event.currentTarget.value)} /> : null}
      </div>
      <div className={styles.previews}>
        {DEVICES.map((device) => (
          <Device key={device} device={device} body={settled} language={spoken} audiences={audiences} />
        ))}
      </div>
      {asked.length > 0 ? <Picks label={say("survey.preview.as")} options={asked.map((key) => ({ value: key, label: people.find((one) => one.value === `audience:${key}`)?.name ?? key }))} value={audiences} save={setAudiences} /> : null}
      <p className="dim small">{say("survey.preview.words")}</p>
    </section>
  );
}

interface DeviceProps {
  device: (typeof DEVICES)[number];
  body: SurveyBody;
  language: string;
  audiences: string[];
}

/** Each device has a walk of its own. */
function Device({ device, body, language, audiences }: DeviceProps) {
  const say = useText();
  const [again, setAgain] = useState(0);
  const { mutate, data, error, isPending } = usePreview();
  useEffect(() => {
    const whole = tidy(body);
    mutate({ body: { ...whole, name: whole.name || "…" }, language, audiences });
  }, [mutate, body, language, audiences, again]);
  return (
    <figure className={styles.device} aria-busy={isPending}>
      <figcaption className="row-between">
        <span>{say(`survey.device.${device}`)}</span>
        <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconRestore size={13} aria-hidden="true" />} aria-label={say("survey.preview.again.on", { device: say(`survey.device.${device}`) })} onClick={() => setAgain((count) => count + 1)}>
          {say("survey.preview.again")}
        </Button>
      </figcaption>
      {error ? (
        <Failed error={error} />
      ) : (
        <div className={styles.glass} data-device={device}>
          {data ? <iframe src={data.url} title={say(`survey.preview.${device}`)} sandbox="allow-forms" /> : null}
        </div>
      )}
    </figure>
  );
}
