import type { FunnelAnswer, FunnelStepAnswer } from "../../api/questions";
import { Door } from "../../design/Door";
import { Delta } from "../../design/Delta";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import styles from "../../questions/Question.module.css";
import looks from "./Funnel.module.css";
import { useGroupName } from "../../questions/groups";
import { worstLoss } from "./findings";

interface Props {
  answer: FunnelAnswer;
  than: string;
  /** Opens a list: `reached:2`, `dropped:1`. */
  open: (people: string) => void;
}

const part = (share: number | null): string => `${Math.min(1, Math.max(0, share ?? 0)) * 100}%`;

/** Bars to scale, and between them who was lost. */
export function FunnelAnswerView({ answer, than, window, open }: Props & { window: number }) {
  const say = useText();
  const format = useFormat();
  const { steps } = answer;
  const first = steps[0];
  const last = steps.at(-1);
  const worst = steps.length > 2 ? worstLoss(steps) : -1;
  if (!first || !last) return null;
  if (first.customers === 0) return <p className={styles.finding}>{say("funnel.nobody", { step: first.label })}</p>;
  const most = Math.max(...steps.map((step) => step.customers), 1);
  return (
    <>
      <div className="card stack">
        <Headline first={first} last={last} window={window} than={than} />
        <ol className={looks.steps} aria-label={say("explore.funnels")}>
          {steps.map((step, index) => (
            <li key={index}>
              {index > 0 ? <Loss before={steps[index - 1] as FunnelStepAnswer} step={step} worst={index === worst} open={() => open(`dropped:${index - 1}`)} /> : null}
              <div className={looks.row}>
                <span className={looks.name}>{step.label}</span>
                <span className={looks.track}>
                  <button type="button" className={looks.bar} aria-haspopup="dialog" onClick={() => open(`reached:${index}`)} aria-label={say("funnel.reached.open", { count: step.customers, step: step.label })}>
                    <span className={looks.fill} style={{ width: part(step.customers / most) }} />
                    {index > 0 && step.low !== null && step.high !== null ? (
                      <span className={looks.range} style={{ insetInlineStart: part((step.low * first.customers) / most), width: part(((step.high - step.low) * first.customers) / most) }} />
                    ) : null}
                  </button>
                  {step.previous && than && first.previous && first.previous.customers > 0 ? (
                    <span className={looks.before} style={{ display: "block", width: part((step.previous.customers / first.previous.customers) * (first.customers / most)) }} />
                  ) : null}
                </span>
                <span className={`${looks.figures} figures`}>
                  <Door tone="big" label={say("explore.people.show")} open={() => open(`reached:${index}`)}>
                    {format.compact(step.customers)}
                  </Door>
                  <span className="dim small" style={{ display: "block" }}>
                    {index === 0 ? <Delta now={step.customers} before={step.previous?.customers} than={than} /> : <ShareChange step={step} than={than} />}
                  </span>
                </span>
              </div>
            </li>
          ))}
        </ol>
        {than && steps.some((step) => step.previous) ? <p className={styles.foot} style={{ margin: 0 }}>{say("funnel.before.legend", { than })}</p> : null}
      </div>
      <Groups answer={answer} open={open} />
    </>
  );
}

/** "12 % of the first step" and how that changed, with what chance leaves open. */
function ShareChange({ step, than }: { step: FunnelStepAnswer; than: string }) {
  const say = useText();
  const format = useFormat();
  const { difference } = step;
  const clear = difference !== null && difference.low !== null && difference.high !== null && (difference.low > 0) === (difference.high > 0);
  return (
    <>
      {step.share_of_first === null ? "–" : format.percent(step.share_of_first)}
      {difference && than && clear ? (
        <span style={{ color: difference.ratio < 0 ? "var(--ember-ink)" : "var(--accent-ink)", fontWeight: 550 }} title={changeWords(say, format, difference, than)}>
          {` ${difference.ratio < 0 ? "↓" : "↑"} ${format.percent(Math.abs(difference.ratio))}`}
          <span className="visually-hidden">{` ${changeWords(say, format, difference, than)}`}</span>
        </span>
      ) : null}
    </>
  );
}

type Difference = NonNullable<FunnelStepAnswer["difference"]>;

function changeWords(say: ReturnType<typeof useText>, format: ReturnType<typeof useFormat>, difference: Difference, than: string): string {
  const [low, high] = [Math.abs(difference.low), Math.abs(difference.high)].sort((a, b) => a - b);
  return say(difference.ratio < 0 ? "funnel.fewer" : "funnel.more", { share: format.percent(Math.abs(difference.ratio)), low: format.percent(low ?? 0), high: format.percent(high ?? 0), than });
}

function Headline({ first, last, window, than }: { first: FunnelStepAnswer; last: FunnelStepAnswer; window: number; than: string }) {
  const say = useText();
  const format = useFormat();
  const share = last.share_of_first ?? 0;
  const known = last.low !== null && last.high !== null;
  const { difference } = last;
  return (
    <p className={styles.finding}>
      <strong>{say("funnel.headline", { share: format.percent(share), first: first.label, last: last.label, span: format.span(window) })}</strong>{" "}
      {known ? <span className="dim">{say("explore.between", { low: format.percent(last.low ?? 0), high: format.percent(last.high ?? 0) })}</span> : null}{" "}
      {difference && than ? (
        <span className="dim">{(difference.low > 0) === (difference.high > 0) ? `${changeWords(say, format, difference, than)}.` : say("funnel.same", { than })}</span>
      ) : null}
    </p>
  );
}

function Loss({ before, step, worst, open }: { before: FunnelStepAnswer; step: FunnelStepAnswer; worst: boolean; open: () => void }) {
  const say = useText();
  const format = useFormat();
  const lost = Math.max(0, before.customers - step.customers);
  return (
    <div className={looks.loss} data-worst={worst}>
      <span />
      <span className={looks.lossline}>
        <Door tone="ember" label={say("explore.people.show")} open={open}>
          {say("funnel.lost", { count: lost, share: format.percent(before.customers > 0 ? lost / before.customers : 0) })}
        </Door>
        {worst ? <strong>{say("funnel.worst")}</strong> : null}
        {step.median_seconds !== null ? <span>{say("board.median", { time: format.span(step.median_seconds) })}</span> : null}
      </span>
    </div>
  );
}

/** Each group on a line: how many began, and the share of them that came to each step. */
function Groups({ answer, open }: { answer: FunnelAnswer; open: (people: string) => void }) {
  const say = useText();
  const nameOf = useGroupName();
  const format = useFormat();
  if (answer.groups.length === 0) return null;
  const groups = [...answer.groups].sort((a, b) => (b.steps[0]?.customers ?? 0) - (a.steps[0]?.customers ?? 0));
  return (
    <section className="card flush scroll-x" tabIndex={0} aria-label={say("funnel.groups")}>
      <table className="plain">
        <caption className="visually-hidden">{say("funnel.groups")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("explore.by")}</th>
            {answer.steps.map((step, index) => (
              <th key={index} scope="col" className="num">
                {step.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map(({ group, steps }) => (
            <tr key={group}>
              <th scope="row" style={{ color: "var(--ink)" }}>
                {nameOf(group)}
              </th>
              {steps.map((step, index) => (
                <td key={index} className="num">
                  <Door label={say("explore.people.show")} open={() => open(`reached:${index}:${group}`)}>
                    {index === 0 ? format.number(step.customers) : format.percent(step.share_of_first ?? 0)}
                  </Door>
                  {index > 0 ? (
                    <>
                      <span className="dim small">{` ${step.low !== null && step.high !== null ? say("explore.range", { low: format.percent(step.low), high: format.percent(step.high) }) : ""}`}</span>
                      <span className={looks.minibox} aria-hidden="true">
                        <span className={looks.mini} style={{ width: part(step.share_of_first) }} />
                      </span>
                    </>
                  ) : null}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The same figures and doors for those who read tables. */
export function FunnelTable({ answer, than, open }: Props) {
  const say = useText();
  const format = useFormat();
  return (
    <>
      <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("explore.funnels")}>
        <table className="plain">
          <caption className="visually-hidden">{say("explore.funnels")}</caption>
          <thead>
            <tr>
              <th scope="col">{say("funnel.table.step")}</th>
              <th scope="col" className="num">
                {say("word.customers")}
              </th>
              <th scope="col" className="num">
                {say("funnel.table.first")}
              </th>
              <th scope="col" className="num">
                {say("explore.table.interval")}
              </th>
              <th scope="col" className="num">
                {say("funnel.table.previous")}
              </th>
              <th scope="col" className="num">
                {say("table.dropped")}
              </th>
              <th scope="col" className="num">
                {say("table.median")}
              </th>
              {than ? (
                <th scope="col" className="num">
                  {than}
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {answer.steps.map((step, index) => (
              <tr key={index}>
                <th scope="row" style={{ color: "var(--ink)" }}>
                  {step.label}
                </th>
                <td className="num">
                  <Door label={say("explore.people.show")} open={() => open(`reached:${index}`)}>
                    {format.number(step.customers)}
                  </Door>
                </td>
                <td className="num">{step.share_of_first === null ? "–" : format.percent(step.share_of_first)}</td>
                <td className="num">{index > 0 && step.low !== null && step.high !== null ? say("explore.range", { low: format.percent(step.low), high: format.percent(step.high) }) : "–"}</td>
                <td className="num">{index > 0 && step.share_of_previous !== null ? format.percent(step.share_of_previous) : "–"}</td>
                <td className="num">
                  {index > 0 ? (
                    <Door tone="ember" label={say("explore.people.show")} open={() => open(`dropped:${index - 1}`)}>
                      {format.number(Math.max(0, (answer.steps[index - 1]?.customers ?? 0) - step.customers))}
                    </Door>
                  ) : (
                    "–"
                  )}
                </td>
                <td className="num">{step.median_seconds === null ? "–" : format.span(step.median_seconds)}</td>
                {than ? <td className="num">{step.previous ? format.number(step.previous.customers) : "–"}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Groups answer={answer} open={open} />
    </>
  );
}
