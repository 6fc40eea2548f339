import { useEffect, useRef, useState } from "react";
import { withQuery } from "../../api/client";
import type { LiveEvent, LiveFilter } from "../../api/live";

const KEPT = 300;

export type Connection = "connecting" | "open" | "lost";

/** Puts news before what is known: newest first, each row once, no more than are kept. */
export function withNews(known: LiveEvent[], news: LiveEvent[]): LiveEvent[] {
  const rows = new Set(known.map((event) => event.row));
  const fresh = news.filter((event) => !rows.has(event.row));
  return fresh.length === 0 ? known : [...fresh, ...known].sort((a, b) => b.row - a.row).slice(0, KEPT);
}

/** Events as they are committed. News is shown every 250 ms at most; while paused it is counted, not shown. */
export function useLive(start: LiveEvent[], filter: LiveFilter, paused: boolean): { events: LiveEvent[]; waiting: number; connection: Connection } {
  const [events, setEvents] = useState(start);
  const [waiting, setWaiting] = useState(0);
  const [connection, setConnection] = useState<Connection>("connecting");
  const queue = useRef<LiveEvent[]>([]);
  const { source, name, customer } = filter;

  useEffect(() => {
    setEvents((known) => withNews(known, start));
  }, [start]);

  useEffect(() => {
    const stream = new EventSource(withQuery("/api/live/stream", { source, name, customer }));
    stream.onopen = () => setConnection("open");
    stream.onerror = () => setConnection("lost");
    const take = (message: MessageEvent<string>) => {
      const parsed = JSON.parse(message.data) as LiveEvent | LiveEvent[];
      queue.current.unshift(...[parsed].flat());
      queue.current.length = Math.min(queue.current.length, KEPT);
    };
    stream.onmessage = take;
    stream.addEventListener("event", take as EventListener);
    return () => stream.close();
  }, [source, name, customer]);

  useEffect(() => {
    const timer = setInterval(() => {
      if (paused) setWaiting(queue.current.length);
      else if (queue.current.length > 0) {
        const news = queue.current;
        queue.current = [];
        setEvents((known) => withNews(known, news));
        setWaiting(0);
      }
    }, 250);
    return () => clearInterval(timer);
  }, [paused]);

  return { events, waiting: paused ? waiting : 0, connection };
}
