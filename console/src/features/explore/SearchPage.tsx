import { SegmentedControl } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { useSearches, type SearchAnswer } from "../../api/questions";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import { LensBar } from "../../lens/LensBar";
import { useAddress } from "../../questions/address";
import { Export, Share as ShareLink } from "./QuestionPage";
import styles from "../../questions/Question.module.css";
import { ExploreTabs } from "./ExploreTabs";

const SORTS = ["searches", "without_result", "left"] as const;
type Sort = (typeof SORTS)[number];

/** What do they look for? Terms, those that find nothing, and those after which people leave. */
export function SearchPage() {
  const say = useText();
  const { lens, query, setLens } = useAddress();
  const searches = useSearches(query);
  return (
    <Page title={say("room.explore")} wide>
      <ExploreTabs />
      <div className="row-between">
        <LensBar lens={lens} onChange={setLens} comparable={false} whose />
        <span className="row">
          <ShareLink />
          <Export kind="search" asked={{}} name={say("explore.search")} />
        </span>
      </div>
      <Answer of={searches}>
        {(answer) =>
          answer.terms.length === 0 ? (
            <Empty icon={<IconSearch />} title={say("search.empty")}>{say("search.empty.words")}</Empty>
          ) : (
            <Terms answer={answer} />
          )
        }
      </Answer>
    </Page>
  );
}

function Terms({ answer }: { answer: SearchAnswer }) {
  const say = useText();
  const format = useFormat();
  const [sort, setSort] = useState<Sort>("searches");
  const terms = [...answer.terms].sort((a, b) => b[sort] - a[sort] || b.searches - a.searches);
  const { total } = answer;
  const part = (count: number) => format.percent(total.searches > 0 ? count / total.searches : 0);
  const most = Math.max(...terms.map((term) => term.searches), 1);
  const titles: Record<Sort, MessageId> = { searches: "search.most", without_result: "search.nothing", left: "search.left" };
  return (
    <div className="stack">
      <p className={styles.finding}>
        <strong>{say("search.headline", { count: total.searches, share: part(total.without_result) })}</strong>{" "}
        <span className="dim">{say("search.headline.left", { share: part(total.left) })}</span>
      </p>
      <div>
        <SegmentedControl size="xs" aria-label={say("search.sort")} value={sort} onChange={(value) => setSort(value as Sort)} data={SORTS.map((value) => ({ value, label: say(titles[value]) }))} />
      </div>
      <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("search.terms")}>
        <table className="plain">
          <caption className="visually-hidden">{say("search.terms")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("search.term")}</th>
              <th scope="col" className="num">
                {say("search.searches")}
              </th>
              <th scope="col" className="num">
                {say("word.customers")}
              </th>
              <th scope="col" className="num">
                {say("search.without")}
              </th>
              <th scope="col" className="num">
                {say("search.leave")}
              </th>
            </tr>
          </thead>
          <tbody>
            {terms.slice(0, 200).map((term) => (
              <tr key={term.term}>
                <th scope="row" style={{ color: "var(--ink)", whiteSpace: "normal" }}>
                  {term.term}
                  <span aria-hidden="true" style={{ display: "block", height: 4, borderRadius: 2, marginTop: 4, minWidth: 2, width: `${(term.searches / most) * 100}%`, background: "var(--flow)" }} />
                </th>
                <td className="num">{format.number(term.searches)}</td>
                <td className="num">
                  {format.number(term.customers)}
                </td>
                <Share part={term.without_result} whole={term.searches} />
                <Share part={term.left} whole={term.searches} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** A count and its share; one half and more stands out. */
function Share({ part, whole }: { part: number; whole: number }) {
  const format = useFormat();
  const share = whole > 0 ? part / whole : 0;
  if (part === 0) return <td className="num dim">–</td>;
  return (
    <td className="num" style={share >= 0.5 && part > 1 ? { color: "var(--ember-ink)", fontWeight: 550 } : undefined}>
      {format.number(part)} <span className="small">{format.percent(share)}</span>
    </td>
  );
}
