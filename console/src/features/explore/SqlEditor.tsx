import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import { useText } from "../../design/text";
import { indented, outdented } from "./lines";
import styles from "./SqlPage.module.css";

interface Props {
  value: string;
  change: (text: string) => void;
  run: () => void;
  /** Filled with a way to put text where the caret is. */
  insert: RefObject<(text: string) => void>;
}

/** A plain text area that indents, keeps the indent, and runs with Ctrl or Cmd and Enter. Escape lets Tab leave it. */
export function SqlEditor({ value, change, run, insert }: Props) {
  const say = useText();
  const area = useRef<HTMLTextAreaElement>(null);
  const leaving = useRef(false);
  const select = useRef<[number, number] | null>(null);
  useEffect(() => {
    if (select.current) area.current?.setSelectionRange(...select.current);
    select.current = null;
  }, [value]);
  const put = (text: string, from: number, to: number) => {
    select.current = [from, to];
    change(text);
  };
  useEffect(() => {
    insert.current = (text) => {
      const node = area.current;
      if (!node) return;
      const at = node.selectionStart;
      put(value.slice(0, at) + text + value.slice(node.selectionEnd), at + text.length, at + text.length);
      node.focus();
    };
  });
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: from, selectionEnd: to } = event.currentTarget;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    } else if (event.key === "Escape") {
      leaving.current = true;
      return;
    } else if (event.key === "Tab" && !leaving.current) {
      event.preventDefault();
      const next = event.shiftKey ? outdented(value, from, to) : indented(value, from, to);
      put(next.text, next.from, next.to);
    } else if (event.key === "Enter") {
      const line = value.slice(value.lastIndexOf("\n", from - 1) + 1, from);
      const indent = /^\s*/.exec(line)?.[0] ?? "";
      if (indent) {
        event.preventDefault();
        const at = from + 1 + indent.length;
        put(`${value.slice(0, from)}\n${indent}${value.slice(to)}`, at, at);
      }
    }
    leaving.current = false;
  };
  return (
    <>
      <textarea
        ref={area}
        className={styles.editor}
        aria-label={say("sql.editor")}
        aria-describedby="sql-hint"
        spellCheck={false}
        autoCapitalize="off"
        rows={Math.min(20, Math.max(8, value.split("\n").length + 1))}
        value={value}
        onChange={(event) => change(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <span id="sql-hint" className="visually-hidden">
        {say("sql.hint")}
      </span>
    </>
  );
}
