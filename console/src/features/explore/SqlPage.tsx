import { Alert, Button, Kbd } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useCallback, useRef, useState } from "react";
import { useMay } from "../../api/session";
import { exportSql, useSql, useSqlSchema, type SqlAnswer } from "../../api/sql";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Answer, Empty, Failed } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import { plain } from "../../design/Properties";
import { useAddress } from "../../questions/address";
import { ExploreTabs } from "./ExploreTabs";
import { Share, TakeHome } from "./QuestionPage";
import { SaveQuestion } from "./SaveQuestion";
import { SqlEditor } from "./SqlEditor";
import styles from "./SqlPage.module.css";

const START = `SELECT name, count(*) AS events, count(DISTINCT profile) AS customers
FROM events
GROUP BY name
ORDER BY events DESC
LIMIT 20`;
const KEY = "resa.sql";
const EXAMPLES: { id: MessageId; sql: string }[] = [
  { id: "sql.example.names", sql: START },
  {
    id: "sql.example.weeks",
    sql: `SELECT date_trunc('week', time) AS week, count(*) AS orders, sum(revenue) AS revenue, currency
FROM events
WHERE name = 'Order Completed' AND NOT simulated
GROUP BY ALL
ORDER BY week DESC`,
  },
  {
    id: "sql.example.channels",
    sql: `SELECT channels, count(*) AS customers
FROM (SELECT profile, string_agg(DISTINCT channel, ' + ' ORDER BY channel) AS channels FROM events GROUP BY profile)
GROUP BY channels
ORDER BY customers DESC`,
  },
];

/** Any question, in SQL, over the views of the body. */
export function SqlPage() {
  const say = useText();
  const may = useMay("sql:read");
  const { search, go } = useAddress();
  const told = typeof search.q?.sql === "string" ? search.q.sql : undefined;
  const [sql, setSql] = useState(() => told ?? sessionStorage.getItem(KEY) ?? START);
  const ask = useSql();
  const insert = useRef<(text: string) => void>(() => undefined);
  const change = useCallback((text: string) => {
    setSql(text);
    sessionStorage.setItem(KEY, text);
  }, []);
  const run = () => {
    if (!sql.trim()) return;
    // In the address from here on: the page can be sent to a colleague.
    go({ q: { sql } });
    ask.mutate(sql);
  };
  if (!may) {
    return (
      <Page title={say("room.explore")} wide>
        <ExploreTabs />
        <Empty title={say("sql.forbidden")}>{say("error.forbidden.remedy")}</Empty>
      </Page>
    );
  }
  return (
    <Page title={say("room.explore")} lead={say("sql.lead")} wide>
      <ExploreTabs />
      <div className={styles.columns}>
        <div className={styles.work}>
          <SqlEditor value={sql} change={change} run={run} insert={insert} />
          <div className="row">
            <Button size="xs" leftSection={<IconPlayerPlay size={14} aria-hidden="true" />} loading={ask.isPending} onClick={run}>
              {say("sql.run")}
            </Button>
            <span className="dim small">
              <Kbd size="xs">{say("sql.keys")}</Kbd>
            </span>
            <span className="grow" />
            {told ? <Share /> : null}
            {told ? <SaveQuestion kind="sql" words={say("explore.sql")} asked={{ sql: told }} /> : null}
          </div>
          <div aria-live="polite" className="stack">
            {ask.error ? <Failed error={ask.error} /> : null}
            {ask.data ? <Result answer={ask.data} sql={ask.variables ?? sql} /> : ask.error ? null : <Examples choose={change} />}
          </div>
        </div>
        <Schema insert={(text) => insert.current(text)} />
      </div>
    </Page>
  );
}

function Examples({ choose }: { choose: (sql: string) => void }) {
  const say = useText();
  return (
    <div className="stack-s">
      <span className="dim">{say("sql.empty")}</span>
      <div className="row">
        {EXAMPLES.map(({ id, sql }) => (
          <Button key={id} size="xs" variant="default" onClick={() => choose(sql)}>
            {say(id)}
          </Button>
        ))}
      </div>
    </div>
  );
}

const SHOWN = 500;

function Result({ answer, sql }: { answer: SqlAnswer; sql: string }) {
  const say = useText();
  const format = useFormat();
  const columns = answer.columns.map((column) => (typeof column === "string" ? column : column.name));
  const numeric = columns.map((_, index) => answer.rows.length > 0 && answer.rows.every((row) => row[index] === null || typeof row[index] === "number"));
  return (
    <section aria-label={say("sql.result")} className="stack-s">
      <div className="row-between">
        <span className="dim small">{say("sql.count", { rows: answer.rows.length, ms: Math.round(answer.took_ms) })}</span>
        <TakeHome take={(format) => exportSql(sql, format)} name="answer" />
      </div>
      {answer.truncated ? <Alert color="yellow">{say("sql.truncated", { rows: answer.rows.length })}</Alert> : null}
      <div className={`card flush ${styles.result}`} tabIndex={0} role="region" aria-label={say("sql.result")}>
        <table className="plain">
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={`${index}-${column}`} scope="col" className={numeric[index] ? "num" : undefined}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.rows.slice(0, SHOWN).map((row, at) => (
              <tr key={at}>
                {row.map((value, index) => (
                  <td key={index} className={numeric[index] ? "num" : styles.cell}>
                    {typeof value === "number" ? format.number(value) : plain(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {answer.rows.length > SHOWN ? <p className="dim small">{say("sql.shown", { shown: SHOWN, rows: answer.rows.length })}</p> : null}
    </section>
  );
}

function Schema({ insert }: { insert: (text: string) => void }) {
  const say = useText();
  const schema = useSqlSchema();
  return (
    <aside className={styles.schema} aria-label={say("sql.schema")}>
      <h2>{say("sql.schema")}</h2>
      <Answer of={schema}>
        {({ views }) =>
          views.map((view, index) => (
            <details key={view.name} open={index === 0}>
              <summary>{view.name}</summary>
              <ul>
                {view.columns.map((column) => (
                  <li key={column.name}>
                    <button type="button" title={column.description ?? column.type} onClick={() => insert(column.name)}>
                      <span className="mono">{column.name}</span>
                      <span className={styles.type}>{column.type.toLowerCase()}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </details>
          ))
        }
      </Answer>
    </aside>
  );
}
