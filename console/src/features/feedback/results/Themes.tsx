import { Link } from "@tanstack/react-router";
import { useThemes, type ThemeRow } from "../../../api/comments";
import type { LensQuery } from "../../../api/journeys";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import { lensOf } from "../../../lens/lens";
import styles from "./Results.module.css";

const FEW = 6;
/** Of an anonymous survey no quote is shown where fewer wrote of it. */
const LEAST_ANONYMOUS = 5;

/** What this survey's comments are about, most first, each in somebody's words; all of them are one click away. */
export function Themes({ survey, lens, anonymous }: { survey: string; lens: LensQuery; anonymous: boolean }) {
  const say = useText();
  const themes = useThemes(lens, { survey });
  return (
    <section className={styles.card} aria-label={say("listen.themes")}>
      <div className="row-between">
        <h2>{say("listen.themes")}</h2>
        <Link to="/feedback/comments" search={(old) => ({ ...lensOf({ ...old }), survey })}>
          {say("listen.comments")}
        </Link>
      </div>
      <Answer of={themes}>
        {({ items, comments }) =>
          comments === 0 ? (
            <p className="dim">{say("listen.themes.none")}</p>
          ) : items.length === 0 ? (
            <p className="dim">{say("listen.themes.yet", { count: comments })}</p>
          ) : (
            <ul className={styles.themes}>
              {items.slice(0, FEW).map((one) => (
                <Theme key={one.key} of={one} survey={survey} silent={anonymous && one.comments < LEAST_ANONYMOUS} />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}

function Theme({ of, survey, silent }: { of: ThemeRow; survey: string; silent: boolean }) {
  const say = useText();
  const format = useFormat();
  const { impact } = of;
  const quote = of.quotes[0];
  return (
    <li>
      <p>
        <Link to="/feedback/comments" search={(old) => ({ ...lensOf({ ...old }), survey, theme: of.key })}>
          {of.name}
        </Link>{" "}
        <span className="dim small">
          {say("listen.themes.count", { count: of.comments, share: format.percent(of.share.value) })}
          {impact ? ` · ${impact.clear ? say("listen.themes.impact", { points: format.times(impact.difference) }) : say("comments.impact.unclear")}` : null}
        </span>
      </p>
      {silent ? <p className="dim small">{say("listen.withheld")}</p> : quote ? <blockquote dir="auto">{quote.text}</blockquote> : null}
    </li>
  );
}
