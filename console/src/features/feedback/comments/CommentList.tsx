import { Link } from "@tanstack/react-router";
import { useComments, type CommentFilter, type CommentRow } from "../../../api/comments";
import type { LensQuery } from "../../../api/journeys";
import { Pill } from "../../../design/Badges";
import { useChannelName } from "../../../design/channels";
import { useFormat } from "../../../design/format";
import { More } from "../../../design/More";
import { Answer, Empty } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import styles from "./Comments.module.css";

/** The comments themselves, newest first, each a way to the customer who wrote it. */
export function CommentList({ lens, filter }: { lens: LensQuery; filter: CommentFilter }) {
  const say = useText();
  const comments = useComments(lens, filter);
  return (
    <section className="stack-s" aria-label={say("comments.title")}>
      <h2>{say("comments.newest")}</h2>
      <Answer of={comments}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (!items.length) return <Empty title={say("comments.none")}>{say("comments.none.words")}</Empty>;
          return (
            <div className="card flush">
              <ul className={styles.list}>
                {items.map((item) => (
                  <Comment key={item.id} item={item} />
                ))}
              </ul>
              <More of={comments} />
            </div>
          );
        }}
      </Answer>
    </section>
  );
}

function Comment({ item }: { item: CommentRow }) {
  const say = useText();
  const format = useFormat();
  const sayOr = useTextOr();
  const channel = useChannelName();
  return (
    <li className={styles.comment}>
      <p className={styles.text} lang={item.language ?? undefined}>
        {item.text}
      </p>
      <div className="row small dim">
        <Link to="/customers/$profile" params={{ profile: item.profile }}>
          {say("comments.customer")}
        </Link>
        <span>{format.dateTime(item.time)}</span>
        <span>{channel(item.channel)}</span>
        {item.score !== null && item.metric ? <span>{say("comments.scored", { metric: item.metric.toUpperCase(), score: item.score })}</span> : null}
        <span>{sayOr(`comments.sentiment.${item.sentiment}`, item.sentiment)}</span>
        {item.themes.map((theme) => (
          <Pill key={theme.key}>{theme.name}</Pill>
        ))}
      </div>
    </li>
  );
}
