import { ActionIcon, Button, Menu, NativeSelect, TextInput } from "@mantine/core";
import { IconDots, IconPin } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useCommentChanges, type ThemeBody, type ThemeRow } from "../../../api/comments";
import { useDescribedTheme, useLanguageModel } from "../../../api/languageModel";
import { useMay } from "../../../api/session";
import { Pill } from "../../../design/Badges";
import { Modal } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "./Comments.module.css";
import { Split } from "./Split";

/** A theme in a glance: how many, what it does to the score, how people feel, how it moves, a quote; and what one can decide. */
export function ThemeCard({ theme, others, chosen, choose }: { theme: ThemeRow; others: ThemeRow[]; chosen: boolean; choose: () => void }) {
  const say = useText();
  const format = useFormat();
  const signed = (value: number) => {
    const tenths = Math.round(value * 10) / 10 || 0; // no -0
    return `${tenths > 0 ? "+" : ""}${format.number(tenths)}`;
  };
  const quote = theme.quotes[0];
  const most = Math.max(1, ...theme.trend);
  return (
    <li className={styles.theme} data-chosen={chosen}>
      <div className={styles.head}>
        <button type="button" className={styles.name} aria-pressed={chosen} onClick={choose}>
          {theme.name}
        </button>
        {theme.badge ? <Pill tone={theme.badge === "new" ? "gold" : "ember"}>{say(`comments.badge.${theme.badge}`)}</Pill> : null}
        {theme.hidden ? <Pill>{say("comments.hidden")}</Pill> : null}
        {theme.pinned ? <IconPin size={16} role="img" aria-label={say("comments.pinned")} /> : null}
        <Decide theme={theme} others={others} />
      </div>
      <div className={styles.facts}>
        <span>
          <b>{format.number(theme.comments)}</b> {say("comments.share", { share: format.percent(theme.share.value), low: format.percent(theme.share.low), high: format.percent(theme.share.high) })}
        </span>
        {theme.impact ? (
          <span title={say("comments.impact.what")}>
            {theme.impact.clear ? <b>{signed(theme.impact.difference)}</b> : say("comments.impact.unclear")} {say("comments.impact", { metric: theme.impact.metric.toUpperCase(), low: signed(theme.impact.low), high: signed(theme.impact.high) })}
          </span>
        ) : null}
        {theme.revenue && Number(theme.revenue.amount) > 0 ? (
          <span>
            <b>{format.money(theme.revenue.amount, theme.revenue.currency)}</b> {say("comments.revenue")}
          </span>
        ) : null}
      </div>
      <Feelings theme={theme} />
      <div className={styles.trend} aria-hidden="true">
        {theme.trend.map((count, at) => (
          <span key={at} style={{ blockSize: `${(count / most) * 100}%` }} />
        ))}
      </div>
      {quote ? <blockquote className={styles.quote}>{quote.text}</blockquote> : null}
    </li>
  );
}

function Feelings({ theme }: { theme: ThemeRow }) {
  const say = useText();
  const { positive, neutral, negative, not_yet: silent } = theme.sentiment;
  const read = positive + neutral + negative;
  const words = say("comments.feelings", { positive, neutral, negative, silent });
  if (!read) return <span className="dim small">{say("comments.feelings.none")}</span>;
  return (
    <span className={styles.bar} role="img" aria-label={words} title={words}>
      {(["positive", "neutral", "negative"] as const).map((feeling) => (
        <span key={feeling} data-feeling={feeling} style={{ inlineSize: `${(theme.sentiment[feeling] / read) * 100}%` }} />
      ))}
    </span>
  );
}

/** Rename, pin, merge, split, hide: each can be taken back at once. */
function Decide({ theme, others }: { theme: ThemeRow; others: ThemeRow[] }) {
  const say = useText();
  const may = useMay("write");
  const { tell, tellError } = useToasts();
  const changes = useCommentChanges();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<"rename" | "merge" | null>(null);
  const [splitting, setSplitting] = useState(false);
  const [value, setValue] = useState("");
  if (!may) return null;
  const change = (next: Partial<ThemeBody>, words: string) =>
    changes.theme.mutate(
      { key: theme.key, change: next },
      {
        onSuccess: (before) => {
          setAsking(null);
          tell(words, () => changes.theme.mutate({ key: theme.key, change: before }, { onError: tellError }));
        },
        onError: tellError,
      },
    );
  const ask = (what: "rename" | "merge") => {
    setValue(what === "rename" ? theme.name : (rest[0]?.key ?? ""));
    setAsking(what);
  };
  const rest = others.filter((other) => other.key !== theme.key);
  const into = rest.find((other) => other.key === value);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={say("comments.decide", { name: theme.name })}>
            <IconDots size={16} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => ask("rename")}>{say("comments.rename")}</Menu.Item>
          <Menu.Item onClick={() => change({ pinned: !theme.pinned }, say(theme.pinned ? "comments.unpin.done" : "comments.pin.done", { name: theme.name }))}>{say(theme.pinned ? "comments.unpin" : "comments.pin")}</Menu.Item>
          {rest.length ? <Menu.Item onClick={() => ask("merge")}>{say("comments.merge")}</Menu.Item> : null}
          <Menu.Item onClick={() => setSplitting(true)}>{say("comments.split")}</Menu.Item>
          <Menu.Item onClick={() => void navigate({ to: "/feedback/told", search: { theme: theme.key } })}>{say("told.from")}</Menu.Item>
          <Menu.Item onClick={() => change({ hidden: !theme.hidden }, say(theme.hidden ? "comments.unhide.done" : "comments.hide.done", { name: theme.name }))}>{say(theme.hidden ? "comments.unhide" : "comments.hide")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {splitting ? <Split theme={theme} taken={others.map((other) => other.key)} close={() => setSplitting(false)} /> : null}
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title={say(asking === "merge" ? "comments.merge" : "comments.rename")}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (asking === "rename") change({ name: value.trim() }, say("comments.rename.done", { name: value.trim() }));
            else if (into) change({ into: into.key }, say("comments.merge.done", { name: theme.name, into: into.name }));
          }}
        >
          {asking === "merge" ? (
            <NativeSelect label={say("comments.merge.into")} value={value} onChange={(event) => setValue(event.currentTarget.value)} data={rest.map((other) => ({ value: other.key, label: other.name }))} />
          ) : (
            <>
              <TextInput label={say("comments.name")} required maxLength={120} value={value} onChange={(event) => setValue(event.currentTarget.value)} />
              <Proposal theme={theme.key} take={setValue} />
            </>
          )}
          <Button type="submit" loading={changes.theme.isPending}>
            {say("action.save")}
          </Button>
        </form>
      </Modal>
    </>
  );
}

/** A name by the language model, where one is there for that. */
function Proposal({ theme, take }: { theme: string; take: (name: string) => void }) {
  const say = useText();
  const model = useLanguageModel().data?.body;
  const described = useDescribedTheme();
  const { tellError } = useToasts();
  if (!model?.on || !model.uses.includes("names")) return null;
  return (
    <div className="row">
      <Button size="xs" variant="default" loading={described.isPending} onClick={() => described.mutate({ key: theme, language: document.documentElement.lang || "en" }, { onSuccess: ({ name }) => name && take(name), onError: tellError })}>
        {say("comments.propose")}
      </Button>
      {described.data ? <span className="dim small">{described.data.summary ?? (described.data.name ? null : say("comments.propose.none"))}</span> : null}
    </div>
  );
}
