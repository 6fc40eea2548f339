import { IconAlertTriangle, IconCheck, IconClock } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTrace, type TraceStep } from "../../api/trace";
import { objectOf, Properties } from "../../design/Properties";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Data.module.css";

const WAY: TraceStep["step"][] = ["accepted", "committed", "profiled", "landed", "indexed"];

/** The way of one event, from accepted to visible in every question. */
export function TraceSteps({ message }: { message: string }) {
  const say = useText();
  const trace = useTrace(message);
  return (
    <div className="stack">
      <p className="mono" style={{ margin: 0, overflowWrap: "anywhere" }}>
        {message}
      </p>
      <Answer of={trace}>
        {({ steps, event }) => {
          if (steps.length === 0) return <Empty title={say("trace.none")}>{say("trace.none.words")}</Empty>;
          const failed = steps.find((step) => step.step === "failed");
          const way = failed ? steps.map((step) => step.step) : WAY;
          return (
            <>
              <ol className={styles.way}>
                {way.map((name) => (
                  <Step key={name} name={name} step={steps.find((one) => one.step === name)} />
                ))}
              </ol>
              {failed ? <Link to="/data/failed">{say("trace.failed")}</Link> : null}
              {event ? (
                <>
                  {event.profile ? (
                    <Link to="/customers/$profile" params={{ profile: event.profile }}>
                      {say("live.open", { customer: event.profile })}
                    </Link>
                  ) : null}
                  <h3>{event.name || event.type}</h3>
                  <Properties values={objectOf(event.properties)} />
                </>
              ) : null}
            </>
          );
        }}
      </Answer>
    </div>
  );
}

function Step({ name, step }: { name: TraceStep["step"]; step: TraceStep | undefined }) {
  const say = useText();
  const state = name === "failed" ? "failed" : step ? "done" : "waiting";
  const Picture = { failed: IconAlertTriangle, done: IconCheck, waiting: IconClock }[state];
  return (
    <li data-state={state}>
      <span className={styles.stepicon}>
        <Picture size={15} aria-hidden="true" />
      </span>
      <div>
        <strong>{say(name === "failed" ? "trace.failed.step" : `trace.${name}`)}</strong>
        <div className="dim small">
          {step ? [step.at ? clock(step.at) : null, name === "failed" ? step.detail : null].filter(Boolean).join(" · ") : say("trace.waiting")}
        </div>
        <div className="small dim">{say(`trace.${name}.what`)}</div>
      </div>
    </li>
  );
}

/** To the millisecond: that is what one looks for here. */
const clock = (iso: string): string => (/T(\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?)/.exec(iso)?.[1] ?? iso) + " UTC";
