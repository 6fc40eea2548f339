import { NativeSelect } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { useExperimentSegments, type Results } from "../../../api/results";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText, useTextOr } from "../../../design/text";
import { useFigure } from "../../../questions/figures";
import styles from "../Experiments.module.css";
import { useEffectWords } from "../words";

const BY = ["device", "channel", "browser", "os", "campaign_source", "audience", "persona"] as const;

/** For whom it works: searched and not planned, so what survives the correction for searching is a lead. */
export function BySegment({ results, by, choose }: { results: Results; by: string | undefined; choose: (by: string | undefined) => void }) {
  const say = useText();
  const primary = results.metrics.find((one) => one.role === "primary");
  const { simulated = true } = useSearch({ from: "/rooms/experiments/$key" });
  const segments = useExperimentSegments(results.experiment, results.phase, by, primary?.key, simulated);
  if (!primary || results.exposures.total === 0) return null;
  return (
    <section className="card stack-s" aria-label={say("result.segments")}>
      <div className="row-between">
        <h2>{say("result.segments")}</h2>
        <NativeSelect
          size="xs"
          aria-label={say("result.segments.by")}
          value={by ?? ""}
          data={[{ value: "", label: say("result.segments.choose") }, ...BY.map((one) => ({ value: one as string, label: say(`result.by.${one}`) }))]}
          onChange={(event) => choose(event.currentTarget.value || undefined)}
        />
      </div>
      <p className="dim small" style={{ margin: 0 }}>
        {say("result.segments.words")}
      </p>
      {by ? <Answer of={segments}>{({ items }) => <Table results={results} items={items} />}</Answer> : null}
    </section>
  );
}

function Table({ results, items }: { results: Results; items: NonNullable<ReturnType<typeof useExperimentSegments>["data"]>["items"] }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const figure = useFigure();
  const words = useEffectWords();
  const metric = results.metrics.find((one) => one.role === "primary");
  if (items.length === 0 || !metric) return <p className="dim">{say("result.segments.none")}</p>;
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={say("result.segment")}>
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{say("result.segment")}</th>
            <th scope="col">{say("result.variation")}</th>
            <th scope="col" className="num">{say("result.units.all")}</th>
            <th scope="col" className="num">{say("result.control")}</th>
            <th scope="col" className="num">{say("result.value")}</th>
            <th scope="col">{say("result.effect")}</th>
            <th scope="col">{say("result.reading")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((one) => (
            <tr key={`${one.segment} ${one.variation}`}>
              <th scope="row">{one.segment === "(none)" ? say("result.segment.none") : one.segment === "(other)" ? say("result.segment.other") : sayOr(`channel.${one.segment}`, one.segment)}</th>
              <td>{results.exposures.arms.find((arm) => arm.variation === one.variation)?.name || one.variation}</td>
              <td className="num">{format.number(one.n)}</td>
              <td className="num">{figure(one.control, metric)}</td>
              <td className="num">{figure(one.value, metric)}</td>
              <td className="small figures">{words(one.relative)}</td>
              <td>{one.significant ? <span className={styles.good}>{say("result.segments.survived")}</span> : <span className="dim">{say("result.segments.chance")}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
