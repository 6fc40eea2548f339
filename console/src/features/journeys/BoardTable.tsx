import type { Journey, JourneyNumbers } from "../../api/journeys";
import { Delta } from "../../design/Delta";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import { Door } from "../../design/Door";

/** The board's twin for those who read tables: the same figures, the same doors. */
export function BoardTable({ journey, numbers, than, people }: { journey: Journey; numbers: JourneyNumbers; than: string; people: (cell: string) => void }) {
  const say = useText();
  const format = useFormat();
  const stages = journey.body.stages;
  return (
    <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("board.table")}>
      <table className="plain">
        <caption className="visually-hidden">{journey.body.name}</caption>
        <thead>
          <tr>
            <th scope="col">{say("table.stage")}</th>
            <th scope="col" className="num">
              {say("word.customers")}
            </th>
            <th scope="col" className="num">
              {say("table.change")}
            </th>
            <th scope="col" className="num">
              {say("word.events")}
            </th>
            <th scope="col" className="num">
              {say("table.next")}
            </th>
            <th scope="col" className="num">
              {say("table.dropped")}
            </th>
            <th scope="col" className="num">
              {say("table.median")}
            </th>
          </tr>
        </thead>
        <tbody>
          {stages.flatMap((stage, index) => {
            const figures = numbers.stages.find((one) => one.key === stage.key);
            if (!figures) return [];
            const last = index === stages.length - 1;
            const next = stages[index + 1]?.name ?? "";
            return [
              <tr key={stage.key}>
                <th scope="row" style={{ color: "var(--ink)", fontWeight: 620 }}>
                  {stage.name}
                </th>
                <td className="num">
                  <Door label={say("board.people.stage", { count: figures.customers, stage: stage.name })} open={() => people(`stage:${stage.key}`)}>
                    <strong>{format.number(figures.customers)}</strong>
                  </Door>
                </td>
                <td className="num">
                  <Delta now={figures.customers} before={figures.previous?.customers} than={than} />
                </td>
                <td className="num">{format.number(figures.events)}</td>
                <td className="num">
                  {last ? null : (
                    <Door label={say("board.people.next", { count: figures.next, stage: stage.name, next })} open={() => people(`next:${stage.key}`)}>
                      {format.number(figures.next)}
                    </Door>
                  )}
                </td>
                <td className="num">
                  {last ? null : (
                    <Door tone="ember" label={say("board.people.dropped", { count: figures.drop_off, stage: stage.name })} open={() => people(`dropped:${stage.key}`)}>
                      {format.number(figures.drop_off)}
                    </Door>
                  )}
                </td>
                <td className="num">{figures.median_seconds === null || last ? null : format.span(figures.median_seconds)}</td>
              </tr>,
              ...stage.touchpoints.map((touchpoint) => {
                const own = figures.touchpoints.find((one) => one.key === touchpoint.key);
                return (
                  <tr key={touchpoint.key}>
                    <th scope="row" style={{ paddingInlineStart: 32, color: "var(--ink)", fontWeight: 400 }}>
                      {touchpoint.name}
                    </th>
                    {touchpoint.by_hand ? (
                      <td colSpan={6} className="dim">
                        {say("board.byHand")}
                      </td>
                    ) : (
                      <>
                        <td className="num">
                          <Door label={say("board.people.touchpoint", { count: own?.customers ?? 0, touchpoint: touchpoint.name })} open={() => people(`touchpoint:${touchpoint.key}`)}>
                            {format.number(own?.customers ?? 0)}
                          </Door>
                        </td>
                        <td className="num">
                          <Delta now={own?.customers ?? 0} before={own?.previous?.customers} than={than} />
                        </td>
                        <td className="num">{format.number(own?.events ?? 0)}</td>
                        <td colSpan={3} />
                      </>
                    )}
                  </tr>
                );
              }),
            ];
          })}
        </tbody>
      </table>
    </div>
  );
}
