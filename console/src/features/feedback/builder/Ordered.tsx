import { ActionIcon } from "@mantine/core";
import { IconGripVertical } from "@tabler/icons-react";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useText } from "../../../design/text";
import styles from "../Feedback.module.css";

interface Props<Item> {
  label: string;
  items: Item[];
  keyOf: (item: Item) => string;
  nameOf: (item: Item, index: number) => string;
  move: (from: number, to: number) => void;
  children: (item: Item, index: number) => ReactNode;
}

/** A list whose order is changed by dragging a handle, or with the arrow keys while it has the focus. */
export function Ordered<Item>({ label, items, keyOf, nameOf, move, children }: Props<Item>) {
  const say = useText();
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const [told, setTold] = useState("");
  const moved = useRef<string | null>(null);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    if (moved.current !== null) list.current?.querySelector<HTMLElement>(`[data-handle="${CSS.escape(moved.current)}"]`)?.focus();
    moved.current = null;
  }, [items]);
  const step = (event: KeyboardEvent, index: number, item: Item) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const to = index + by;
    if (to < 0 || to >= items.length) return;
    moved.current = keyOf(item);
    move(index, to);
    setTold(say("survey.moved", { name: nameOf(item, index), place: to + 1, of: items.length }));
  };
  const drop = (to: number) => {
    if (dragged !== null && dragged !== to) move(dragged, to);
    setDragged(null);
    setOver(null);
  };
  return (
    <>
      <ol className={styles.ordered} aria-label={label} ref={list}>
        {items.map((item, index) => (
          <li
            key={keyOf(item)}
            data-over={over === index && dragged !== null && dragged !== index}
            data-dragged={dragged === index}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setOver(index);
            }}
            onDrop={(event) => {
              event.preventDefault();
              drop(index);
            }}
          >
            <ActionIcon
              variant="subtle"
              color="gray"
              size={28}
              className={styles.handle}
              data-handle={keyOf(item)}
              draggable
              aria-label={say("survey.move", { name: nameOf(item, index) })}
              title={say("survey.move.how")}
              onKeyDown={(event) => step(event, index, item)}
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", keyOf(item));
                setDragged(index);
              }}
              onDragEnd={() => {
                setDragged(null);
                setOver(null);
              }}
            >
              <IconGripVertical size={16} aria-hidden="true" />
            </ActionIcon>
            <div className="grow">{children(item, index)}</div>
          </li>
        ))}
      </ol>
      <p className="visually-hidden" role="status">
        {told}
      </p>
    </>
  );
}
