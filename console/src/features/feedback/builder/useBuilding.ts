import { useBlocker } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../../../api/client";
import { useMay } from "../../../api/session";
import { useSurveyChange, wholeSurvey, type SavedSurvey, type SurveyBody } from "../../../api/surveys";
import { keyFor } from "../../../design/keys";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import { problemsUnder } from "../../../questions/problems";
import { tidy } from "./draft";
import { useHistory, type History } from "./history";

/** How long after the last change a draft is kept by itself, in milliseconds. */
const PAUSE = 2_000;

export interface Building {
  body: SurveyBody;
  set: (change: Partial<SurveyBody>) => void;
  undo: History<SurveyBody>["undo"];
  redo: History<SurveyBody>["redo"];
  /** Changed since it was saved. */
  dirty: boolean;
  version: number;
  problems: Record<string, string>;
  /** What went wrong that no field can show. */
  failed: unknown;
  /** Being saved because somebody wished it; `keeping`, because a draft rested. */
  pending: boolean;
  keeping: boolean;
  save: (over?: number, change?: Partial<SurveyBody>) => void;
  /** The version that somebody else saved meanwhile. */
  theirs: number | undefined;
}

const written = (body: SurveyBody): string => JSON.stringify(tidy(body));

/** A survey while it is built: a draft is kept by itself, the way back is there, refusals stand beside their fields, and unsaved work is not left without a word. */
export function useBuilding(saved: SavedSurvey | null, blank: SurveyBody, taken: string[], made: (key: string) => Promise<void>): Building {
  const say = useText();
  const { tell, tellError } = useToasts();
  const may = useMay("write");
  const { create, save } = useSurveyChange();
  const { now: body, set: step, throughout, undo, redo } = useHistory(blank);
  const [start] = useState(() => written(blank));
  const [kept, setKept] = useState(saved ? start : null);
  // The version that was opened, whatever is heard of newer ones: a save over those must be refused.
  const [version, setVersion] = useState(saved?.version ?? 0);
  const at = useRef({ key: saved?.key ?? null, version: saved?.version ?? 0 });
  const [wished, setWished] = useState(false);
  const waiting = useRef<Partial<SurveyBody> | null>(null);
  const text = written(body);
  const dirty = text !== kept;
  const changed = text !== (kept ?? start);
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const theirs = error instanceof ApiError && error.status === 409 ? (error.body.current as { version?: number } | undefined)?.version : undefined;
  const busy = create.isPending || save.isPending;

  const moving = useRef(false);
  useBlocker({
    shouldBlockFn: ({ current, next }) => changed && !moving.current && current.pathname !== next.pathname && !window.confirm(say("survey.leave")),
    enableBeforeUnload: () => changed,
  });

  const set = useCallback((change: Partial<SurveyBody>) => step((old) => ({ ...old, ...change })), [step]);
  const hold = (now: SavedSurvey, sent: SurveyBody) => {
    at.current = { key: now.key, version: now.version };
    setKept(written(sent));
    setVersion(now.version);
  };
  const back = (before: SurveyBody) => (now: SavedSurvey) => {
    hold(now, before);
    step(() => before);
  };
  const store = (over: number | undefined, change: Partial<SurveyBody>, quiet: boolean) => {
    const next = { ...body, ...change };
    const wanted = tidy(next);
    const done = (now: SavedSurvey, again?: () => void) => {
      if (Object.keys(change).length > 0) throughout((each) => ({ ...each, ...change }));
      hold(now, next);
      if (!quiet) tell(say("survey.saved", { name: wanted.name }), again);
    };
    setWished(!quiet);
    if (at.current.key === null) {
      const key = keyFor(wanted.name, [...taken, "new"]);
      create.mutate({ key, body: wanted }, {
        onSuccess: (now) => {
          done(now);
          moving.current = true;
          void made(key).finally(() => {
            moving.current = false;
          });
        },
      });
      return;
    }
    const { key } = at.current;
    const before = kept === null ? null : wholeSurvey(JSON.parse(kept) as SurveyBody);
    save.mutate({ key, expected: over ?? at.current.version, body: wanted }, {
      onSuccess: (now) => done(now, before === null ? undefined : () => save.mutate({ key, expected: now.version, body: tidy(before) }, { onSuccess: back(before), onError: tellError })),
    });
  };

  // Whoever wishes to save while a draft is being kept waits for it: the two would refuse each other.
  const ask = (over?: number, change: Partial<SurveyBody> = {}) => {
    if (busy) waiting.current = change;
    else store(over, change, false);
  };
  const resting = may && changed && !busy && theirs === undefined && body.status === "draft" && body.name.trim() !== "" && (version > 0 || body.questions.length > 0);
  const keep = useRef(store);
  useEffect(() => {
    keep.current = store;
  });
  useEffect(() => {
    if (busy || waiting.current === null) return;
    const change = waiting.current;
    waiting.current = null;
    keep.current(undefined, change, false);
  }, [busy]);
  useEffect(() => {
    if (!resting) return undefined;
    const timer = setTimeout(() => keep.current(undefined, {}, true), PAUSE);
    return () => clearTimeout(timer);
  }, [resting, text]);

  return {
    body,
    set,
    undo,
    redo,
    dirty,
    version,
    problems,
    failed: error && Object.keys(problems).length === 0 ? error : null,
    pending: busy && wished,
    keeping: busy && !wished,
    save: ask,
    theirs,
  };
}
