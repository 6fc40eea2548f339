import type { Measured, ModelCard } from "../../../api/comments";
import { useFormat } from "../../../design/format";
import { languageName } from "../../../design/languages";
import { useText } from "../../../design/text";

/** Sets of comments that have a name. */
const SETS = ["uci_amazon_cells", "uci_imdb", "uci_yelp", "rated_tweets", "rated_products", "rated_films", "rated_editorials", "clothing", "husst", "absabank"] as const;

/** How good the readings are, on comments that were not learned from, and how often nothing is said of one's own. */
export function Accuracy({ card }: { card: ModelCard }) {
  const say = useText();
  return (
    <details>
      <summary>{say("comments.accuracy")}</summary>
      <div className="stack">
        <p className="dim">{say("comments.accuracy.words")}</p>
        {card.measured.length ? <Figures title={say("comments.accuracy.own")} rows={card.measured} /> : null}
        <Figures title={say("comments.accuracy.shipped")} rows={card.shipped} />
        {card.languages.length ? <Languages rows={card.languages} /> : null}
      </div>
    </details>
  );
}

function Figures({ title, rows }: { title: string; rows: Measured[] }) {
  const say = useText();
  const format = useFormat();
  const setName = (source: string | null) => {
    const known = SETS.find((name) => name === source);
    return known ? say(`comments.set.${known}`) : (source ?? "");
  };
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={title}>
      <table className="plain">
        <caption style={{ textAlign: "start" }}>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{say("comments.language")}</th>
            <th scope="col">{say("comments.accuracy.of")}</th>
            {(["n", "right", "f1", "off", "notYet"] as const).map((name) => (
              <th key={name} scope="col" className="num">
                {say(`comments.accuracy.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.language}/${row.source}`}>
              <th scope="row">{nameOf(row.language, say("comments.accuracy.all"), say("comments.language.und"))}</th>
              <td>{say(`comments.accuracy.by.${row.by}`, { source: setName(row.source) })}</td>
              <td className="num">{format.number(row.n)}</td>
              <td className="num">{format.percent(row.accuracy)}</td>
              <td className="num">{format.percent(row.macro_f1)}</td>
              <td className="num">{format.percent(row.calibration_error)}</td>
              <td className="num">{format.percent(row.not_yet)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Languages({ rows }: { rows: ModelCard["languages"] }) {
  const say = useText();
  const format = useFormat();
  const title = say("comments.accuracy.yours");
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={title}>
      <table className="plain">
        <caption style={{ textAlign: "start" }}>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{say("comments.language")}</th>
            <th scope="col" className="num">
              {say("comments.accuracy.n")}
            </th>
            <th scope="col" className="num">
              {say("comments.accuracy.notYet")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.language}>
              <th scope="row">{nameOf(row.language ?? "und", "", say("comments.language.und"))}</th>
              <td className="num">{format.number(row.comments)}</td>
              <td className="num">{format.percent(row.not_yet / row.comments)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf(language: string | null, all: string, unknown: string): string {
  if (language === null) return all;
  return language === "und" || language === "unknown" ? unknown : languageName(language);
}
