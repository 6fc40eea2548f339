import { IconX } from "@tabler/icons-react";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useErrorWords } from "./states";
import { useText } from "./text";
import styles from "./toasts.module.css";

interface Toast {
  id: number;
  words: string;
  detail?: string;
  bad?: boolean;
  undo?: () => void;
}

interface Toasts {
  /** Says what was done; with `undo`, how to take it back. */
  tell: (words: string, undo?: () => void) => void;
  /** Says what went wrong and the remedy. */
  tellError: (error: unknown) => void;
}

const Context = createContext<Toasts | null>(null);

export function useToasts(): Toasts {
  const toasts = useContext(Context);
  if (!toasts) throw new Error("useToasts needs ToastProvider around it");
  return toasts;
}

const LINGER = 8_000;

export function ToastProvider({ children }: { children: ReactNode }) {
  const say = useText();
  const words = useErrorWords();
  const [shown, setShown] = useState<Toast[]>([]);
  const next = useRef(1);

  const dismiss = useCallback((id: number) => setShown((all) => all.filter((toast) => toast.id !== id)), []);
  const show = useCallback(
    (toast: Omit<Toast, "id">) => {
      const id = next.current++;
      setShown((all) => [...all.slice(-2), { ...toast, id }]);
      setTimeout(() => dismiss(id), toast.undo || toast.bad ? LINGER * 1.5 : LINGER);
    },
    [dismiss],
  );
  const wordsOf = useRef(words);
  useEffect(() => {
    wordsOf.current = words;
  });
  const toasts = useMemo<Toasts>(
    () => ({
      tell: (text, undo) => show(undo ? { words: text, undo } : { words: text }),
      tellError: (error) => {
        const { what, remedy } = wordsOf.current(error);
        show({ words: what, detail: remedy, bad: true });
      },
    }),
    [show],
  );

  return (
    <Context value={toasts}>
      {children}
      <section className={styles.shelf} aria-label={say("toasts.label")} aria-live="polite">
        {shown.map((toast) => (
          <div key={toast.id} className={styles.toast} data-bad={toast.bad}>
            <div className="grow">
              <div>{toast.words}</div>
              {toast.detail ? <div className={styles.detail}>{toast.detail}</div> : null}
            </div>
            {toast.undo ? (
              <button
                type="button"
                className={styles.undo}
                onClick={() => {
                  toast.undo?.();
                  dismiss(toast.id);
                }}
              >
                {say("action.undo")}
              </button>
            ) : null}
            <button type="button" className={styles.close} aria-label={say("action.dismiss")} onClick={() => dismiss(toast.id)}>
              <IconX size={16} aria-hidden="true" />
            </button>
          </div>
        ))}
      </section>
    </Context>
  );
}
