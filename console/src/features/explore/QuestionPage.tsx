import { Button, Menu, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronDown, IconDownload, IconLink } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { exportQuestion, type Asked as Asking, type SavedKind } from "../../api/questions";
import { downloadBlob } from "../../design/download";
import { keyFor } from "../../design/keys";
import { Page } from "../../design/Page";
import { Failed, Lines, Stale } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { LensBar } from "../../lens/LensBar";
import { useAddress } from "../../questions/address";
import styles from "../../questions/Question.module.css";
import { isRefusal } from "../../questions/problems";
import { Beginnings } from "./Beginnings";
import { ExploreTabs } from "./ExploreTabs";
import { SaveQuestion } from "./SaveQuestion";

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPlaceholderData: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

interface Props<T> {
  kind: SavedKind;
  /** The question in plain words, for those who get the link. */
  words: string;
  /** Changes the question; on narrow screens folded away once there is an answer. */
  builder: ReactNode;
  /** What goes to the server; null while the question is not whole. */
  asked: object | null;
  of: Asked<T>;
  /** What to do before there is a question. */
  empty: ReactNode;
  /** Whether it is still being found out what to begin with. */
  beginning?: boolean;
  skeleton?: ReactNode;
  table?: boolean;
  /** Whether the answer can be set against another period. */
  comparable?: boolean;
  children: (data: T) => ReactNode;
}

/** The frame of a question: lens, what can be done with it, the question beside its answer. */
export function QuestionPage<T>({ kind, words, builder, asked, of, empty, beginning = false, skeleton, table = true, comparable = true, children }: Props<T>) {
  const say = useText();
  const address = useAddress();
  const narrow = useMediaQuery("(max-width: 1150px)", undefined, { getInitialValueInEffect: false }) ?? false;
  const [open, setOpen] = useState<boolean | null>(null);
  return (
    <Page title={say("room.explore")} wide>
      <ExploreTabs />
      <div className="row-between">
        <LensBar lens={address.lens} onChange={address.setLens} comparable={comparable} whose />
        <div className="row">
          {kind !== "sql" ? <Beginnings kind={kind} /> : null}
          {table ? (
            <SegmentedControl
              size="xs"
              aria-label={say("board.view")}
              value={address.search.view ?? "picture"}
              onChange={(view) => address.go({ view: view === "table" ? "table" : undefined })}
              data={[
                { value: "picture", label: say("explore.view.picture") },
                { value: "table", label: say("board.view.table") },
              ]}
            />
          ) : null}
          <Share />
          {asked && kind !== "sql" ? <Export kind={kind} asked={asked} name={words} /> : null}
          {asked ? <SaveQuestion kind={kind} words={words} asked={asked} /> : null}
        </div>
      </div>
      <div className={styles.columns}>
        <details className={`card ${styles.builder}`} open={open ?? (!narrow || (asked === null && !beginning))} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>
            {say("explore.question")}
            <IconChevronDown size={16} aria-hidden="true" className={styles.turn} />
          </summary>
          {address.search.q === undefined && asked !== null ? <p className="dim small">{say("explore.begun")}</p> : null}
          {builder}
        </details>
        <div className={styles.answer} data-fading={of.isPlaceholderData} aria-busy={of.isPlaceholderData}>
          {asked === null && !beginning ? (
            empty
          ) : of.error && !isRefusal(of.error) ? (
            of.data && !of.isPlaceholderData ? (
              <>
                <Stale at={of.dataUpdatedAt} retry={() => void of.refetch()} />
                {children(of.data)}
              </>
            ) : (
              <Failed error={of.error} retry={() => void of.refetch()} />
            )
          ) : of.error ? (
            <Failed error={of.error} />
          ) : of.data ? (
            children(of.data)
          ) : (
            <div aria-busy="true">
              <span className="visually-hidden" role="status">
                {say("state.loading")}
              </span>
              {skeleton ?? <Lines count={6} />}
            </div>
          )}
        </div>
      </div>
    </Page>
  );
}

export function Share() {
  const say = useText();
  const { tell, tellError } = useToasts();
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconLink size={14} aria-hidden="true" />}
      onClick={() =>
        void navigator.clipboard
          .writeText(window.location.href)
          .then(() => tell(say("explore.shared")))
          .catch(tellError)
      }
    >
      {say("explore.share")}
    </Button>
  );
}

export function Export({ kind, asked, name }: { kind: Asking | "search"; asked: object; name: string }) {
  const { query, lens } = useAddress();
  const body = { lens: query, ...asked, ...(lens.by && kind !== "paths" && kind !== "search" ? { by: lens.by } : {}) };
  return <TakeHome take={(format) => exportQuestion(kind, body, format)} name={keyFor(name, [])} />;
}

/** An answer as a file, in a format of one's choice. */
export function TakeHome({ take, name }: { take: (format: "csv" | "parquet") => Promise<Blob>; name: string }) {
  const say = useText();
  const { tellError } = useToasts();
  const save = (format: "csv" | "parquet") => void take(format).then((file) => downloadBlob(`${name}.${format}`, file), tellError);
  return (
    <Menu>
      <Menu.Target>
        <Button size="xs" variant="default" leftSection={<IconDownload size={14} aria-hidden="true" />}>
          {say("explore.export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => save("csv")}>{say("explore.export.csv")}</Menu.Item>
        <Menu.Item onClick={() => save("parquet")}>{say("explore.export.parquet")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
