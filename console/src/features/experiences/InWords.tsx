import type { ExperienceBody } from "../../api/experiences";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";
import { useExperienceWords } from "./words";

/** The whole rule as sentences. */
export function InWords({ body }: { body: ExperienceBody }) {
  const say = useText();
  const words = useExperienceWords();
  return (
    <section className={styles.panel} aria-labelledby="in-words">
      <h2 id="in-words">{say("exp.words")}</h2>
      {words(body).map((line, index) => (
        <p key={index}>{line}</p>
      ))}
    </section>
  );
}
