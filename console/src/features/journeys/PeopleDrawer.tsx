import type { JourneyBody, LensQuery } from "../../api/journeys";
import { usePeople } from "../../api/people";
import { useChannelName } from "../../design/channels";
import { Drawer } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { PeopleList } from "../../design/PeopleList";
import { Answer, Empty } from "../../design/states";
import { useText, type MessageId } from "../../design/text";
import styles from "./PeopleDrawer.module.css";

const FIGURES: Record<string, MessageId> = {
  stage: "people.stage",
  touchpoint: "people.touchpoint",
  next: "people.next",
  dropped: "people.dropped",
  crossed: "people.crossed",
  went_on: "people.wentOn",
};

/** The people behind one figure. Their number is the figure. */
export function PeopleDrawer({ journey, body, cell, lens, close }: { journey: string; body: JourneyBody; cell: string; lens: LensQuery; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const channel = useChannelName();
  const [kind = "", key = "", from, to] = cell.split(":");
  // Hand-overs are compared across all channels, whichever the board is looked at through.
  const people = usePeople(journey, cell, from ? { ...lens, channel: undefined } : lens);
  const index = body.stages.findIndex((stage) => stage.key === key);
  const name = body.stages[index]?.name ?? body.stages.flatMap((stage) => stage.touchpoints).find((touchpoint) => touchpoint.key === key)?.name ?? key;
  const title = say(FIGURES[kind] ?? "people.touchpoint", { name, next: body.stages[index + 1]?.name ?? "", from: channel(from ?? ""), to: channel(to ?? "") });
  return (
    <Drawer opened onClose={close} title={<span className={styles.title}>{title}</span>} size={460} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={people}>
        {(data) => {
          const total = data.pages[0]?.total ?? 0;
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title={say("people.none")}>{say("people.none.words")}</Empty>;
          return (
            <div className="stack">
              <div>
                <div className={styles.total}>{say("people.total", { count: total })}</div>
                <div className="dim small">{say("people.period", { from: format.date(lens.from), to: format.date(new Date(Date.parse(lens.to) - 1).toISOString()) })}</div>
              </div>
              <PeopleList items={items} />
              <More of={people} />
            </div>
          );
        }}
      </Answer>
    </Drawer>
  );
}
