import { useState } from "react";
import { ApiError } from "../../api/client";
import type { Saved, useShelfChange } from "../../api/shelf";
import { keyFor } from "../../design/keys";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { problemsUnder } from "../../questions/problems";

export interface Editing<Body> {
  draft: Body;
  set: (change: Partial<Body>) => void;
  problems: Record<string, string>;
  /** What went wrong that no field can show. */
  failed: unknown;
  pending: boolean;
  /** Saves the draft, or the one given; `over`: though somebody saved another meanwhile. */
  store: (given?: Body, over?: number) => void;
  /** The version somebody else saved meanwhile. */
  theirs: number | undefined;
}

interface Options<Body> {
  saved: Saved<Body> | null;
  blank: Body;
  change: ReturnType<typeof useShelfChange<Body>>;
  taken: string[];
  done: (key: string, body: Body) => void;
}

/** A definition while it is written: made or saved, with undo, and refusals beside the fields they are about. */
export function useEditing<Body extends { name: string }>({ saved, blank, change, taken, done }: Options<Body>): Editing<Body> {
  const say = useText();
  const { tell, tellError } = useToasts();
  const [draft, setDraft] = useState<Body>(saved?.body ?? blank);
  const { create, save } = change;
  const error = create.error ?? save.error;
  const problems = problemsUnder(error, "");
  const theirs = error instanceof ApiError && error.status === 409 ? (error.body.current as { version?: number } | undefined)?.version : undefined;
  const store = (given = draft, over = saved?.version ?? 0) => {
    const body = { ...given, name: given.name.trim() };
    if (!saved) {
      const key = keyFor(body.name, [...taken, "new"]);
      create.mutate(
        { key, body },
        {
          onSuccess: () => {
            tell(say("exp.saved", { name: body.name }));
            done(key, body);
          },
        },
      );
      return;
    }
    save.mutate(
      { key: saved.key, expected: over, body },
      {
        onSuccess: (made) => {
          tell(say("exp.saved", { name: body.name }), () => save.mutate({ key: saved.key, expected: made.version, body: saved.body }, { onSuccess: () => done(saved.key, saved.body), onError: tellError }));
          done(saved.key, body);
        },
      },
    );
  };
  return { draft, set: (part) => setDraft((old) => ({ ...old, ...part })), problems, failed: error && Object.keys(problems).length === 0 ? error : null, pending: create.isPending || save.isPending, store, theirs };
}
