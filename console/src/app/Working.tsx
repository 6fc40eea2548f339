import { Button } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { onWaiting, waitingNow } from "../api/client";
import { cancelWork, useRunning } from "../api/work";
import { useFormat } from "../design/format";
import { useText } from "../design/text";
import styles from "./Working.module.css";

const SHOWN_AFTER = 1_000;

/** Questions that take longer than a second: how long they run, how far they are, and a way to cancel them. */
export function Working() {
  const waiting = useSyncExternalStore(onWaiting, waitingNow);
  const [now, setNow] = useState(0);
  const long = waiting.filter((one) => now - one.began >= SHOWN_AFTER);
  const next = waiting.find((one) => now - one.began < SHOWN_AFTER)?.began;
  useEffect(() => {
    if (next === undefined) return undefined;
    const later = setTimeout(() => setNow(Date.now()), Math.max(0, next + SHOWN_AFTER - Date.now()) + 20);
    return () => clearTimeout(later);
  }, [next]);
  return long.length > 0 ? <Line keys={long.map((one) => one.key)} /> : null;
}

function Line({ keys }: { keys: string[] }) {
  const say = useText();
  const format = useFormat();
  const running = useRunning(true);
  const [furthest, setFurthest] = useState(0);
  const mine = (running.data?.items ?? []).filter((one) => keys.includes(one.id));
  const expected = mine.reduce((sum, one) => sum + one.expected, 0);
  const done = mine.reduce((sum, one) => sum + one.done, 0);
  const share = expected > 0 ? Math.min(0.99, done / expected) : 0;
  useEffect(() => setFurthest((before) => Math.max(before, share)), [share]); // what is to be read may grow
  if (mine.length === 0) return null;
  const seconds = Math.max(...mine.map((one) => one.seconds));
  const cancel = () => {
    for (const one of mine) cancelWork(one.id).catch(() => undefined); // it may just have ended
    document.getElementById("content")?.focus();
  };
  return (
    <div className={styles.line}>
      <span className="visually-hidden" role="status">
        {say("work.running", { count: mine.length })}
      </span>
      <progress className={styles.bar} {...(furthest > 0 ? { value: furthest } : {})} max={1} aria-label={say("work.progress")} />
      <span className="num">{say("work.seconds", { seconds: Math.round(seconds), share: furthest > 0 ? format.percent(furthest) : "none" })}</span>
      <Button size="compact-sm" variant="default" onClick={cancel}>
        {say("action.cancel")}
      </Button>
    </div>
  );
}
