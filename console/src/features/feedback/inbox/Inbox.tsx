import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconInbox } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useInbox, useOneAnswer, useInboxChange, useInboxCounts, type AnswerRow, type AnswerStatus, type InboxFilter } from "../../../api/inbox";
import { useMay, useSession } from "../../../api/session";
import { Pill, Simulated } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { Answer, Empty, Failed } from "../../../design/states";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { AnswerPanel } from "./AnswerPanel";
import { Bulk, toggled } from "./Bulk";
import { Score } from "./Score";
import styles from "./Inbox.module.css";

type Pile = "unclosed" | AnswerStatus | "mine";
const PILES: Pile[] = ["unclosed", "new", "open", "waiting", "mine", "closed"];
const SCORES = ["", "low", "high", "negative"] as const;
const TONES = { new: "accent", open: "gold", waiting: "quiet", closed: "quiet" } as const;

/** Answers that call for something: by status, one beside the list, worked by keyboard. */
export function Inbox() {
  const say = useText();
  const may = useMay("write");
  const counts = useInboxCounts().data;
  const [pile, setPile] = useState<Pile>("unclosed");
  const [text, setText] = useState("");
  const [scores, setScores] = useState("");
  const filter: InboxFilter = {
    ...(pile === "mine" ? { assignee: "me", status: "unclosed" as const } : { status: pile }),
    text: text || undefined,
    score_to: scores === "low" ? 6 : undefined,
    score_from: scores === "high" ? 9 : undefined,
    sentiment: scores === "negative" ? "negative" : undefined,
  };
  const answers = useInbox(filter);
  const items = answers.data?.pages.flatMap((page) => page.items) ?? [];
  const navigate = useNavigate({ from: "/feedback/inbox" });
  const { answer: chosen = null } = useSearch({ from: "/rooms/listening/feedback/inbox" });
  const show = (answer: number | undefined, replace = false) => void navigate({ search: { answer }, replace, resetScroll: false });
  const [marked, setMarked] = useState<ReadonlySet<number>>(new Set());
  const place = items.findIndex((one) => one.id === chosen);
  const linked = useOneAnswer(place < 0 ? chosen : null);
  const current = items[place] ?? linked.data;
  const number = (of: Pile) => (counts ? (of === "unclosed" ? counts.new + counts.open + counts.waiting : counts[of]) : undefined);
  const close = useClose();
  const move = (by: number) => {
    const next = items[Math.min(items.length - 1, Math.max(0, place + by))];
    if (next) {
      show(next.id, true);
      document.getElementById(`answer-${next.id}`)?.scrollIntoView({ block: "nearest" });
    }
  };
  const finish = () => {
    if (!current || !may || current.status === "closed") return;
    const next = place < 0 ? undefined : (items[place + 1] ?? items[place - 1]);
    close(current);
    show(next?.id, true);
  };
  useHotkeys([
    ["j", () => move(1)],
    ["k", () => move(-1)],
    ["e", finish],
    ["x", () => current && may && setMarked(toggled(marked, current.id))],
  ]);
  return (
    <section className="stack" aria-labelledby="inbox">
      <h2 id="inbox" className="visually-hidden">
        {say("inbox.title")}
      </h2>
      <div className={styles.bar}>
        <div role="group" aria-label={say("inbox.status")} className={styles.piles}>
          {PILES.map((one) => (
            <button key={one} type="button" className={styles.pile} aria-pressed={pile === one} onClick={() => setPile(one)}>
              {say(`inbox.pile.${one}`)} {number(one) ? <span className={styles.count}>{number(one)}</span> : null}
            </button>
          ))}
        </div>
        <NativeSelect size="xs" aria-label={say("inbox.scores")} value={scores} data={SCORES.map((value) => ({ value, label: say(`inbox.scores.${value || "all"}`) }))} onChange={(event) => setScores(event.currentTarget.value)} />
        <TextInput size="xs" aria-label={say("inbox.search")} placeholder={say("inbox.search")} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </div>
      <Answer of={{ ...answers, data: answers.data }}>
        {() =>
          items.length === 0 && !current && !linked.error ? (
            <Empty icon={<IconInbox />} title={say(text || scores || pile === "closed" || pile === "mine" ? "inbox.none" : "inbox.empty")}>
              {say("inbox.empty.words")}
            </Empty>
          ) : (
            <div className={styles.board}>
              <div>
                {may ? <Bulk items={items} marked={marked} mark={setMarked} /> : null}
                <ul className={styles.list} aria-label={say("inbox.title")}>
                  {items.map((one) => (
                    <Row key={one.id} one={one} here={one.id === chosen} choose={() => show(one.id)} marked={may ? marked.has(one.id) : undefined} mark={() => setMarked(toggled(marked, one.id))} />
                  ))}
                </ul>
                {answers.hasNextPage ? (
                  <Button mt={8} variant="default" size="xs" loading={answers.isFetchingNextPage} onClick={() => void answers.fetchNextPage()}>
                    {say("inbox.more")}
                  </Button>
                ) : null}
                <p className="dim small">{say("inbox.keys")}</p>
              </div>
              {current ? (
                <AnswerPanel key={current.id} answer={current} close={finish} />
              ) : linked.error ? (
                <Failed error={linked.error} />
              ) : (
                <p className={styles.hint}>{say(chosen === null ? "inbox.choose" : "state.loading")}</p>
              )}
            </div>
          )
        }
      </Answer>
    </section>
  );
}

/** Closes an answer, and says how to take that back. */
function useClose(): (one: AnswerRow) => void {
  const say = useText();
  const { change } = useInboxChange();
  const { tell, tellError } = useToasts();
  return (one) =>
    change.mutate(
      { id: one.id, expected_version: one.version, status: "closed" },
      {
        onSuccess: (saved) => tell(say("inbox.closed"), () => change.mutate({ id: one.id, expected_version: saved.version, status: one.status }, { onError: tellError })),
        onError: tellError,
      },
    );
}

/** `marked`: whether it is among those to be changed together; undefined where nobody may. */
function Row({ one, here, choose, marked, mark }: { one: AnswerRow; here: boolean; choose: () => void; marked: boolean | undefined; mark: () => void }) {
  const say = useText();
  const format = useFormat();
  const session = useSession();
  return (
    <li id={`answer-${one.id}`} className={styles.item}>
      {marked === undefined ? null : <Checkbox size="xs" aria-label={say("inbox.mark", { who: one.name ?? say("inbox.anonymous"), when: format.dateTime(one.at) })} checked={marked} onChange={mark} />}
      <button type="button" className={styles.row} aria-current={here} onClick={choose}>
        <Score one={one} />
        <span className={styles.words}>
          <span className={styles.who}>
            <strong>{one.anonymous ? say("inbox.anonymous") : (one.name ?? say("inbox.nobody"))}</strong>
            {one.simulated ? <Simulated short /> : null}
            <span className="dim small">{format.ago(one.at)}</span>
          </span>
          <span className={styles.comment}>{one.comment || say("inbox.wordless")}</span>
          <span className={styles.marks}>
            <Pill tone={TONES[one.status]}>{say(`inbox.pile.${one.status}`)}</Pill>
            {one.sentiment === "negative" ? <Pill tone="ember">{say("inbox.negative")}</Pill> : null}
            {one.due_at ? <span className="dim small">{say("inbox.due", { when: format.dateTime(one.due_at) })}</span> : null}
            {one.assignee === session.user?.id ? <span className="dim small">{say("inbox.yours")}</span> : null}
          </span>
        </span>
      </button>
    </li>
  );
}
