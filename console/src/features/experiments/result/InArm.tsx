import { Link } from "@tanstack/react-router";
import { useInExperiment, type Exposing, type Results } from "../../../api/results";
import { Simulated } from "../../../design/Badges";
import { Drawer } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { More } from "../../../design/More";
import people from "../../../design/PeopleList.module.css";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import { useFigure } from "../../../questions/figures";

/** The people who were shown a variation, and what the metric comes to for each; or those who saw two. */
export function InArm({ of, results, variation, metric, simulated, close }: { of: Exposing; results: Results; simulated: boolean; variation: string; metric: string | undefined; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const figure = useFigure();
  const found = useInExperiment(of, variation, metric, simulated);
  const read = results.metrics.find((one) => one.key === metric);
  const title = variation === "crossovers" ? say("result.crossovers.title") : results.exposures.arms.find((one) => one.variation === variation)?.name || variation;
  return (
    <Drawer opened onClose={close} size={480} title={<strong>{title}</strong>} closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={found}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title={say("result.people.none")} />;
          return (
            <div className="stack-s">
              <strong>{say("people.total", { count: data.pages[0]?.total ?? 0 })}</strong>
              <ul className={people.list}>
                {items.map((one) => (
                  <li key={one.profile}>
                    <Link to="/customers/$profile" params={{ profile: one.profile }} className={people.person}>
                      <span className="grow">
                        <span className={people.name}>
                          <span className="clip">{one.name || one.email || say("customer.anonymous")}</span>
                          {one.simulated ? <Simulated short /> : null}
                        </span>
                        <span className="dim small clip">{say("result.firstShown", { when: format.dateTime(one.first) })}</span>
                      </span>
                      {read ? (
                        <span className={people.when}>
                          <span>{figure(one.value, read)}</span>
                          <span className="dim">{read.name}</span>
                        </span>
                      ) : null}
                    </Link>
                  </li>
                ))}
              </ul>
              <More of={found} />
            </div>
          );
        }}
      </Answer>
    </Drawer>
  );
}
