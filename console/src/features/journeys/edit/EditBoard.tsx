import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp, IconDots, IconHandStop, IconPlus, IconTrash } from "@tabler/icons-react";
import { useEffect, useRef, useState, type CSSProperties, type Dispatch, type FormEvent, type KeyboardEvent } from "react";
import type { JourneyBody, Stage, Touchpoint } from "../../../api/journeys";
import { ChannelIcon } from "../../../design/channels";
import { useText } from "../../../design/text";
import type { DraftAction, Edit } from "./draft";
import styles from "./EditBoard.module.css";

interface Props {
  body: JourneyBody;
  change: Dispatch<DraftAction>;
  open: (key: string) => void;
  told: (words: string) => void;
}

const STEPS: Record<string, (key: string) => Edit> = {
  ArrowUp: (key) => ({ do: "moveTouchpoint", key, by: -1 }),
  ArrowDown: (key) => ({ do: "moveTouchpoint", key, by: 1 }),
  ArrowLeft: (key) => ({ do: "shiftTouchpoint", key, by: -1 }),
  ArrowRight: (key) => ({ do: "shiftTouchpoint", key, by: 1 }),
};

/** The board while it is being built: the same columns, each card movable by menu, Alt and arrows, or dragging. */
export function EditBoard({ body, change, open, told }: Props) {
  const say = useText();
  const focus = useRef<string | null>(null);
  useEffect(() => {
    // A card that changes column is a new element: give it its focus back.
    if (focus.current) document.getElementById(`edit-${focus.current}`)?.focus();
    focus.current = null;
  }, [body]);
  const step = (name: string, edit: Edit & { key: string }) => {
    focus.current = edit.key;
    change(edit);
    told(say("edit.moved", { name }));
  };
  return (
    <div className={styles.scroll}>
      <p className="visually-hidden" id="edit-keys">
        {say("edit.keys")}
      </p>
      <div className={styles.board} style={{ "--columns": body.stages.length } as CSSProperties}>
        {body.stages.map((stage, index) => (
          <Column key={stage.key} stage={stage} first={index === 0} last={index === body.stages.length - 1} change={change} open={open} step={step} />
        ))}
        <AddBy label={say("edit.addStage")} add={(name) => change({ do: "addStage", name })} />
      </div>
    </div>
  );
}

interface ColumnProps {
  stage: Stage;
  first: boolean;
  last: boolean;
  change: Dispatch<DraftAction>;
  open: (key: string) => void;
  step: (name: string, edit: Edit & { key: string }) => void;
}

function Column({ stage, first, last, change, open, step }: ColumnProps) {
  const say = useText();
  const [over, setOver] = useState(false);
  return (
    <section
      className={styles.column}
      data-over={over}
      aria-label={stage.name}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const key = event.dataTransfer.getData("text/plain");
        if (key) change({ do: "placeTouchpoint", key, stage: stage.key });
      }}
    >
      <div className={styles.head}>
        <button type="button" id={`edit-${stage.key}`} className={styles.name} onClick={() => open(stage.key)}>
          {stage.name}
        </button>
        <Menu>
          <Menu.Target>
            <ActionIcon size={24} variant="subtle" color="gray" aria-label={say("edit.more", { name: stage.name })}>
              <IconDots size={16} aria-hidden="true" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={first} leftSection={<IconArrowLeft size={14} aria-hidden="true" />} onClick={() => step(stage.name, { do: "moveStage", key: stage.key, by: -1 })}>
              {say("edit.left")}
            </Menu.Item>
            <Menu.Item disabled={last} leftSection={<IconArrowRight size={14} aria-hidden="true" />} onClick={() => step(stage.name, { do: "moveStage", key: stage.key, by: 1 })}>
              {say("edit.right")}
            </Menu.Item>
            <Menu.Item leftSection={<IconTrash size={14} aria-hidden="true" />} onClick={() => change({ do: "remove", key: stage.key })}>
              {say("action.remove")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <ul>
        {stage.touchpoints.map((touchpoint, index) => (
          <EditCard
            key={touchpoint.key}
            touchpoint={touchpoint}
            edges={{ up: index === 0, down: index === stage.touchpoints.length - 1, left: first, right: last }}
            change={change}
            open={open}
            step={step}
          />
        ))}
      </ul>
      <AddBy label={say("edit.addTouchpoint")} add={(name) => change({ do: "addTouchpoint", stage: stage.key, name })} />
    </section>
  );
}

interface CardProps {
  touchpoint: Touchpoint;
  edges: { up: boolean; down: boolean; left: boolean; right: boolean };
  change: Dispatch<DraftAction>;
  open: (key: string) => void;
  step: (name: string, edit: Edit & { key: string }) => void;
}

function EditCard({ touchpoint, edges, change, open, step }: CardProps) {
  const say = useText();
  const { key, name } = touchpoint;
  const onKey = (event: KeyboardEvent) => {
    const edit = event.altKey ? STEPS[event.key] : undefined;
    if (!edit) return;
    event.preventDefault();
    step(name, edit(key) as Edit & { key: string });
  };
  const incomplete = !touchpoint.by_hand && touchpoint.rule.any.length === 0;
  return (
    <li className={styles.card} draggable onDragStart={(event) => event.dataTransfer.setData("text/plain", key)}>
      <ChannelIcon channel={touchpoint.channel ?? "other"} size={15} />
      <button type="button" id={`edit-${key}`} className={styles.cardname} aria-describedby="edit-keys" onKeyDown={onKey} onClick={() => open(key)}>
        {name}
        {incomplete ? <span className={styles.warn}>{say("edit.noRule")}</span> : null}
        {touchpoint.by_hand ? <IconHandStop size={13} aria-label={say("board.byHand")} /> : null}
      </button>
      <Menu>
        <Menu.Target>
          <ActionIcon size={24} variant="subtle" color="gray" aria-label={say("edit.more", { name })}>
            <IconDots size={16} aria-hidden="true" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={edges.up} leftSection={<IconArrowUp size={14} aria-hidden="true" />} onClick={() => step(name, { do: "moveTouchpoint", key, by: -1 })}>
            {say("edit.up")}
          </Menu.Item>
          <Menu.Item disabled={edges.down} leftSection={<IconArrowDown size={14} aria-hidden="true" />} onClick={() => step(name, { do: "moveTouchpoint", key, by: 1 })}>
            {say("edit.down")}
          </Menu.Item>
          <Menu.Item disabled={edges.left} leftSection={<IconArrowLeft size={14} aria-hidden="true" />} onClick={() => step(name, { do: "shiftTouchpoint", key, by: -1 })}>
            {say("edit.left")}
          </Menu.Item>
          <Menu.Item disabled={edges.right} leftSection={<IconArrowRight size={14} aria-hidden="true" />} onClick={() => step(name, { do: "shiftTouchpoint", key, by: 1 })}>
            {say("edit.right")}
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash size={14} aria-hidden="true" />} onClick={() => change({ do: "remove", key })}>
            {say("action.remove")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

function AddBy({ label, add }: { label: string; add: (name: string) => void }) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) add(name.trim());
    setName("");
    setOpen(false);
  };
  if (!open) {
    return (
      <Button variant="subtle" color="gray" size="compact-sm" justify="flex-start" className={styles.add} leftSection={<IconPlus size={14} aria-hidden="true" />} onClick={() => setOpen(true)}>
        {label}
      </Button>
    );
  }
  return (
    <form onSubmit={submit} className={styles.add}>
      <TextInput
        size="xs"
        autoFocus
        aria-label={label}
        placeholder={label}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={submit}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            setName("");
            setOpen(false);
          }
        }}
      />
    </form>
  );
}
