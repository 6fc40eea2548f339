import { useState } from "react";
import type { ExperienceBody } from "../../api/experiences";
import { useTrends, type TrendsBody } from "../../api/questions";
import { useSession } from "../../api/session";
import type { Saved } from "../../api/shelf";
import { Door } from "../../design/Door";
import { useFormat } from "../../design/format";
import { Answer, Lines } from "../../design/states";
import { useText } from "../../design/text";
import { queryOf } from "../../lens/lens";
import { PeopleDrawer } from "../../questions/later";
import styles from "./Experiences.module.css";

const EVENTS = ["Experience Viewed", "Experience Clicked", "Experience Dismissed"] as const;
const WORDS = ["seen", "clicked", "dismissed"] as const;

/** Who saw it, clicked it and closed it in the last thirty days, by variation; each number opens its people. */
export function Reached({ of }: { of: Saved<ExperienceBody> }) {
  const say = useText();
  const format = useFormat();
  const { workspace } = useSession();
  const [opened, setOpened] = useState<number | null>(null);
  const lens = { ...queryOf({ period: "30d" }, Math.floor(Date.now() / 900_000) * 900_000, workspace.timezone), compare: "none" };
  const named = (key: string) => of.body.variations.find((one) => one.key === key)?.name || key;
  const keys = of.body.variations.map((one) => one.key);
  const series = keys.flatMap((key) =>
    EVENTS.map((name, index) => ({
      label: `${named(key)}: ${say(`reached.${WORDS[index] ?? "seen"}`)}`,
      match: {
        type: "track",
        name,
        where: [
          { property: "experience", op: "is", value: of.key },
          { property: "variation", op: "is", value: key },
        ],
      },
    })),
  );
  // A question has at most ten lines: the first variations are asked for.
  const body: TrendsBody = { interval: "day", series: series.slice(0, 9) };
  const trends = useTrends(body, lens);
  return (
    <section className={styles.panel} aria-labelledby="reached">
      <h2 id="reached">{say("reached.title")}</h2>
      <Answer of={trends} skeleton={<Lines count={3} />}>
        {(data) => {
          const count = (index: number) => data.series.find((one) => one.one === index)?.total.customers ?? 0;
          const any = data.series.some((one) => one.total.customers > 0);
          if (!any) return <p className="dim">{say("reached.none")}</p>;
          return (
            <div className="scroll-x">
              <table className="plain">
                <thead>
                  <tr>
                    <th scope="col">{say("reached.variation")}</th>
                    {WORDS.map((word) => (
                      <th key={word} scope="col" className="num">
                        {say(`reached.${word}`)}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {keys.slice(0, 3).map((key, row) => (
                    <tr key={key}>
                      <th scope="row">{named(key)}</th>
                      {WORDS.map((word, column) => {
                        const index = row * 3 + column;
                        const value = count(index);
                        const seen = count(row * 3);
                        return (
                          <td key={word} className="num">
                            <Door label={series[index]?.label ?? ""} open={() => setOpened(index)}>
                              {format.number(value)}
                            </Door>
                            {column > 0 && seen > 0 ? <span className="dim small"> {format.percent(value / seen)}</span> : null}
                          </td>
                        );
                      })}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </Answer>
      <p className="dim small">{say(of.body.experiment ? "reached.foot.experiment" : "reached.foot")}</p>
      {opened === null ? null : <PeopleDrawer kind="trends" title={series[opened]?.label ?? ""} body={body} lens={lens} of={{ one: opened }} close={() => setOpened(null)} />}
    </section>
  );
}
