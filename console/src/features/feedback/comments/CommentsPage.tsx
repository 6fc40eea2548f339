import { Button, NativeSelect, Switch, TextInput } from "@mantine/core";
import { IconDownload, IconMessages, IconSearch } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { exportAddress, useThemes, type CommentFilter, type ThemeFigures } from "../../../api/comments";
import { useSession } from "../../../api/session";
import { useSurveys } from "../../../api/surveys";
import { Pill } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { languageName } from "../../../design/languages";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import { lensOf, queryOf, usualPeriod, type Lens } from "../../../lens/lens";
import { LensBar } from "../../../lens/LensBar";
import { CommentList } from "./CommentList";
import styles from "./Comments.module.css";
import { Reading } from "./Reading";
import { ThemeCard } from "./ThemeCard";

const SENTIMENTS = ["positive", "neutral", "negative", "not yet"] as const;

/** What customers write, gathered into themes; choosing one shows its comments. */
export function CommentsPage() {
  const say = useText();
  const navigate = useNavigate({ from: "/feedback/comments" });
  const search = useSearch({ from: "/rooms/listening/feedback/comments" });
  const { workspace } = useSession();
  const lens = lensOf({ ...search });
  const now = Math.floor(Date.now() / 900_000) * 900_000;
  const key = JSON.stringify(lens);
  const query = useMemo(() => queryOf(JSON.parse(key) as Partial<Lens>, now, workspace.timezone, usualPeriod(workspace.demo)), [key, now, workspace]);
  const filter: CommentFilter = { theme: search.theme, sentiment: search.sentiment, language: search.language, text: search.q, survey: search.survey, low: search.score, high: search.score, hidden: search.hidden };
  const themes = useThemes(query, filter);
  const surveys = useSurveys().data;
  const [words, setWords] = useState(search.q ?? "");
  const change = (next: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  return (
    <div className={styles.layout}>
      <div className="row">
        <LensBar lens={lens} onChange={(next) => void navigate({ search: (old) => ({ theme: old.theme, sentiment: old.sentiment, language: old.language, q: old.q, survey: old.survey, score: old.score, hidden: old.hidden, ...next }) })} whose />
        <NativeSelect
          size="xs"
          aria-label={say("comments.sentiment")}
          value={search.sentiment ?? ""}
          onChange={(event) => change({ sentiment: event.currentTarget.value || undefined })}
          data={[{ value: "", label: say("comments.sentiment.all") }, ...SENTIMENTS.map((value) => ({ value, label: say(`comments.sentiment.${value}`) }))]}
        />
        <NativeSelect
          size="xs"
          aria-label={say("comments.language")}
          value={search.language ?? ""}
          onChange={(event) => change({ language: event.currentTarget.value || undefined })}
          data={[{ value: "", label: say("comments.language.all") }, ...[...new Set([...(themes.data?.languages.map((one) => one.language) ?? []), ...(search.language ? [search.language] : [])])].map((value) => ({ value, label: value === "und" ? say("comments.language.und") : languageName(value) }))]}
        />
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change({ q: words.trim() || undefined });
          }}
        >
          <TextInput size="xs" type="search" aria-label={say("comments.search")} placeholder={say("comments.search")} leftSection={<IconSearch size={14} aria-hidden="true" />} maxLength={200} value={words} onChange={(event) => setWords(event.currentTarget.value)} />
        </form>
        <Switch size="xs" label={say("comments.hidden.show")} checked={search.hidden ?? false} onChange={(event) => change({ hidden: event.currentTarget.checked || undefined })} />
        <Button component="a" size="xs" variant="default" href={exportAddress(query, filter)} download leftSection={<IconDownload size={14} aria-hidden="true" />}>
          {say("comments.export")}
        </Button>
      </div>
      {search.survey ? (
        <p className="row">
          <Pill tone="accent">{search.score === undefined ? say("comments.of.survey", { survey: surveys?.items.find((one) => one.key === search.survey)?.name ?? search.survey }) : say("comments.of.score", { survey: surveys?.items.find((one) => one.key === search.survey)?.name ?? search.survey, score: search.score })}</Pill>
          <Button size="compact-sm" variant="subtle" onClick={() => change({ survey: undefined, score: undefined })}>
            {say("comments.of.all")}
          </Button>
        </p>
      ) : null}
      <Answer of={themes}>{(data) => <Told data={data} filter={filter} chosen={search.theme} choose={(theme) => change({ theme })} />}</Answer>
      {themes.data?.comments ? <CommentList lens={query} filter={filter} /> : null}
      <Reading />
    </div>
  );
}

function Told({ data, filter, chosen, choose }: { data: ThemeFigures; filter: CommentFilter; chosen: string | undefined; choose: (theme: string | undefined) => void }) {
  const say = useText();
  const format = useFormat();
  if (data.comments === 0) {
    const filtered = filter.sentiment ?? filter.language ?? filter.text ?? filter.survey;
    return (
      <Empty icon={<IconMessages />} title={say(filtered ? "comments.none" : "comments.empty")}>
        {say(filtered ? "comments.none.words" : "comments.empty.words")}
      </Empty>
    );
  }
  return (
    <>
      <p className="dim">
        {say("comments.sum", { comments: data.comments, customers: data.customers })} {data.metric && data.mean !== null ? say("comments.mean", { mean: format.number(Math.round(data.mean * 10) / 10), metric: data.metric.toUpperCase(), count: data.scored }) : null}
      </p>
      {data.items.length === 0 ? <p className="dim">{say("comments.noThemes")}</p> : null}
      {data.items.length > 0 ? (
        <p className={`${styles.legend} dim small`}>
          {say("comments.legend")}
          {SENTIMENTS.filter((one) => one !== "not yet").map((feeling) => (
            <span key={feeling} data-feeling={feeling}>
              {say(`comments.sentiment.${feeling}`)}
            </span>
          ))}
        </p>
      ) : null}
      <ul className={styles.themes}>
        {data.items.map((theme) => (
          <ThemeCard key={theme.key} theme={theme} others={data.items} chosen={chosen === theme.key} choose={() => choose(chosen === theme.key ? undefined : theme.key)} />
        ))}
      </ul>
      <p className="dim small">{say("comments.limits")}</p>
    </>
  );
}
