import { Button, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconClockPause } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { useFormat } from "./format";
import styles from "./states.module.css";
import { useText } from "./text";

/** Nothing here yet: what will be, and the one thing to do. */
export function Empty({ icon, title, children, action }: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={styles.empty}>
      {icon ? (
        <div className={styles.picture} aria-hidden="true">
          {icon}
        </div>
      ) : null}
      <h2>{title}</h2>
      {children ? <div className={styles.words}>{children}</div> : null}
      {action}
    </div>
  );
}

const sentence = (rule: string): string => rule.charAt(0).toUpperCase() + rule.slice(1);

/** The sentences of an error: what happened and what to try, from the server's own words. */
export function useErrorWords(): (error: unknown) => { what: string; remedy: string } {
  const say = useText();
  return (error) => {
    if (!(error instanceof ApiError)) return { what: say("error.unexpected"), remedy: say("error.reload") };
    if (error.status === 0) return { what: say("error.unreachable"), remedy: say("error.unreachable.remedy") };
    if (error.body.code === "cancelled") return { what: say("work.cancelled"), remedy: say("work.cancelled.words") };
    if (error.status === 403) return { what: say("error.forbidden"), remedy: error.body.remedy ?? say("error.forbidden.remedy") };
    const field = error.body.field;
    // A path into what was sent (`series[1].metric`) tells people nothing: the form shows the rule beside its field.
    const path = field && /[.[_]/.test(field);
    const what = field && error.body.rule ? (path ? sentence(error.body.rule) : say("error.field", { field, rule: error.body.rule })) : error.body.message;
    return { what, remedy: error.body.remedy ?? (error.status >= 500 ? say("error.server.remedy") : "") };
  };
}

/** Something failed: what happened, what was kept, what to try. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const say = useText();
  const { what, remedy } = useErrorWords()(error);
  return (
    <div className={styles.failed} role="alert">
      <IconAlertTriangle size={20} stroke={1.75} aria-hidden="true" className={styles.warn} />
      <div className="grow">
        <strong>{what}</strong>
        {remedy ? <div className="dim">{remedy}</div> : null}
      </div>
      {retry ? (
        <Button variant="default" size="xs" onClick={retry}>
          {say("error.retry")}
        </Button>
      ) : null}
    </div>
  );
}

/** What is wrong with a field or a row, beside it; nothing where nothing is. */
export function Problem({ children }: { children: ReactNode }) {
  return children ? (
    <p className={styles.problem} role="alert">
      {children}
    </p>
  ) : null;
}

/** Data is shown but could not be refreshed. */
export function Stale({ at, retry }: { at: number; retry: () => void }) {
  const say = useText();
  const format = useFormat();
  return (
    <div className={styles.stale} role="status">
      <IconClockPause size={16} stroke={1.75} aria-hidden="true" />
      <span>{say("state.stale", { when: format.ago(new Date(at).toISOString()) })}</span>
      <button type="button" className={styles.link} onClick={retry}>
        {say("error.retry")}
      </button>
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** The four states of a view around one question: skeleton, error, stale, and the answer. */
export function Answer<T>({ of, skeleton, children }: { of: Asked<T>; skeleton?: ReactNode; children: (data: T) => ReactNode }) {
  const say = useText();
  if (of.data !== undefined) {
    return (
      <>
        {of.error ? <Stale at={of.dataUpdatedAt} retry={() => void of.refetch()} /> : null}
        {children(of.data)}
      </>
    );
  }
  if (of.error) return <Failed error={of.error} retry={() => void of.refetch()} />;
  return (
    <div aria-busy="true">
      <span className="visually-hidden" role="status">
        {say("state.loading")}
      </span>
      {skeleton ?? <Lines count={6} />}
    </div>
  );
}

export function Lines({ count }: { count: number }) {
  return (
    <div className="stack-s">
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={36} radius="sm" />
      ))}
    </div>
  );
}
