import { ActionIcon } from "@mantine/core";
import { IconArrowsSplit2, IconChartLine, IconFilter2, IconRepeat, IconSearch, IconTerminal2, IconTrash, type Icon } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { fetchQuestion, useQuestionChange, useSavedQuestions, type SavedKind, type SavedRow } from "../../api/questions";
import { useMay } from "../../api/session";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { lensOf } from "../../lens/lens";
import { ExploreTabs } from "./ExploreTabs";
import looks from "./Overview.module.css";
import { PAGE_OF, searchOf } from "./saved";

const STARTS: { to: string; icon: Icon; name: MessageId; words: MessageId }[] = [
  { to: "/explore/funnels", icon: IconFilter2, name: "explore.start.funnel", words: "explore.start.funnel.words" },
  { to: "/explore/trends", icon: IconChartLine, name: "explore.start.trends", words: "explore.start.trends.words" },
  { to: "/explore/retention", icon: IconRepeat, name: "explore.start.retention", words: "explore.start.retention.words" },
  { to: "/explore/paths", icon: IconArrowsSplit2, name: "explore.start.paths", words: "explore.start.paths.words" },
  { to: "/explore/search", icon: IconSearch, name: "explore.start.search", words: "explore.start.search.words" },
  { to: "/explore/sql", icon: IconTerminal2, name: "explore.start.sql", words: "explore.start.sql.words" },
];
const ICONS: Record<SavedKind, Icon> = { funnel: IconFilter2, trends: IconChartLine, retention: IconRepeat, paths: IconArrowsSplit2, sql: IconTerminal2 };

/** What one can ask, in plain words, and what was asked and kept. */
export function Overview() {
  const say = useText();
  const saved = useSavedQuestions();
  return (
    <Page title={say("room.explore")} lead={say("explore.lead")} wide>
      <ExploreTabs />
      <ul className={looks.starts} aria-label={say("explore.starts")}>
        {STARTS.map(({ to, icon: Picture, name, words }) => (
          <li key={to}>
            <Link to={to} search={((old: Record<string, unknown>) => lensOf(old)) as never} className={looks.start}>
              <Picture size={22} stroke={1.75} aria-hidden="true" />
              <span>
                <strong>{say(name)}</strong>
                <span className="dim small">{say(words)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <section className="stack-s" aria-label={say("explore.saved")}>
        <h2>{say("explore.saved")}</h2>
        <Answer of={saved}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="dim" style={{ margin: 0 }}>
                {say("explore.saved.none")}
              </p>
            ) : (
              <ul className={`card flush ${looks.list}`}>
                {items.map((row) => (
                  <Row key={row.key} row={row} />
                ))}
              </ul>
            )
          }
        </Answer>
      </section>
    </Page>
  );
}

function Row({ row }: { row: SavedRow }) {
  const say = useText();
  const format = useFormat();
  const navigate = useNavigate();
  const { tell, tellError } = useToasts();
  const { discard, save } = useQuestionChange();
  const may = useMay("write");
  const Picture = ICONS[row.kind];
  const open = () =>
    void fetchQuestion(row.key)
      .then((found) => navigate({ to: PAGE_OF[found.body.kind], search: searchOf(row.key, found.body.body) as never }))
      .catch(tellError);
  const drop = () =>
    void fetchQuestion(row.key)
      .then(async (found) => {
        const gone = await discard.mutateAsync(row.key);
        tell(say("explore.dropped", { name: row.name }), () => save.mutate({ key: row.key, expected: gone.expected_version, body: found.body }, { onError: tellError }));
      })
      .catch(tellError);
  return (
    <li className={looks.row}>
      <button type="button" className={looks.open} onClick={open}>
        {Picture ? <Picture size={18} stroke={1.75} aria-hidden="true" /> : null}
        <span className="grow">
          <strong>{row.name}</strong>
          <span className="dim small">{[say(`explore.kind.${row.kind}`), row.author, row.at ? format.ago(row.at) : ""].filter(Boolean).join(" · ")}</span>
        </span>
      </button>
      {may ? (
        <ActionIcon variant="subtle" color="gray" aria-label={say("explore.drop", { name: row.name })} onClick={drop}>
          <IconTrash size={16} aria-hidden="true" />
        </ActionIcon>
      ) : null}
    </li>
  );
}
