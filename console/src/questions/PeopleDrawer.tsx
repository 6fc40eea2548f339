import type { ReactNode } from "react";
import { useBehind, type Asked, type Figure } from "../api/questions";
import type { LensQuery } from "../api/journeys";
import { Drawer } from "../design/dialogs";
import { useFormat } from "../design/format";
import { More } from "../design/More";
import { PeopleList } from "../design/PeopleList";
import { Answer, Empty } from "../design/states";
import { useText } from "../design/text";
import styles from "./Question.module.css";

interface Drawn {
  title: string;
  people: ReturnType<typeof useBehind>;
  lens: LensQuery;
  /** What can be done with these people. */
  verb?: ReactNode;
  close: () => void;
}

/** The people behind one figure. Their number is the figure. */
export function PeopleOf({ title, people, lens, verb, close }: Drawn) {
  const say = useText();
  const format = useFormat();
  return (
    <Drawer opened onClose={close} title={<strong>{title}</strong>} size={460} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={people}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title={say("people.none")}>{say("people.none.words")}</Empty>;
          return (
            <div className="stack">
              <div>
                <div className={styles.total}>{say("people.total", { count: data.pages[0]?.total ?? 0 })}</div>
                <div className="dim small">{say("people.period", { from: format.date(lens.from), to: format.date(new Date(Date.parse(lens.to) - 1).toISOString()) })}</div>
              </div>
              {verb}
              <PeopleList items={items} />
              <More of={people} />
            </div>
          );
        }}
      </Answer>
    </Drawer>
  );
}

interface Props extends Omit<Drawn, "people"> {
  kind: Asked;
  body: object;
  of: Figure;
  by?: string | undefined;
}

/** The people behind a figure of a question. */
export function PeopleDrawer({ kind, body, of, by, ...drawn }: Props) {
  const people = useBehind(kind, body, drawn.lens, of, by);
  return <PeopleOf people={people} {...drawn} />;
}
