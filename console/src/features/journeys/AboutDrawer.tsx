import { Button } from "@mantine/core";
import { IconFlask, IconPencil, IconUsers } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Clause, JourneyBody, JourneyNumbers, LensQuery, Stage, Touchpoint } from "../../api/journeys";
import { ChannelIcon, useChannelName } from "../../design/channels";
import { Drawer } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { useText, type MessageId } from "../../design/text";
import styles from "./AboutDrawer.module.css";
import { NotesOn } from "./together/NotesDrawer";
import { useClauseWords } from "../../matching/clauses";

interface Props {
  journey: string;
  body: JourneyBody;
  numbers: JourneyNumbers | undefined;
  lens: LensQuery;
  editable: boolean;
  point: string;
  close: () => void;
  edit: () => void;
  people: (cell: string) => void;
}

/** Everything known about one stage or touchpoint: its numbers, how it is recognised, what the customer wants, who answers for it. */
export function AboutDrawer({ journey, body, numbers, lens, editable, point, close, edit, people }: Props) {
  const say = useText();
  const stage = body.stages.find((one) => one.key === point);
  const touchpoint = body.stages.flatMap((one) => one.touchpoints).find((one) => one.key === point);
  const it = stage ?? touchpoint;
  if (!it) return null;
  const cell = stage ? `stage:${point}` : `touchpoint:${point}`;
  return (
    <Drawer opened onClose={close} title={<span className={styles.title}>{it.name}</span>} size={480} closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        <div className="row">
          {touchpoint?.by_hand ? null : (
            <Button size="xs" leftSection={<IconUsers size={14} aria-hidden="true" />} onClick={() => people(cell)}>
              {say("about.people")}
            </Button>
          )}
          <Button size="xs" variant="default" leftSection={<IconPencil size={14} aria-hidden="true" />} onClick={edit}>
            {say("action.edit")}
          </Button>
          {editable ? (
            <Button size="xs" variant="default" leftSection={<IconFlask size={14} aria-hidden="true" />} renderRoot={(props) => <Link to="/experiments/$key" params={{ key: "new" }} search={{ map: journey, stage: (stage ?? body.stages.find((one) => one.touchpoints.some((other) => other.key === point)))?.key, touchpoint: touchpoint?.key }} {...props} />}>
              {say("experiment.testFix")}
            </Button>
          ) : null}
        </div>
        {touchpoint?.by_hand ? null : <ByChannel numbers={numbers} point={point} />}
        {touchpoint ? <TouchpointWords touchpoint={touchpoint} /> : null}
        {stage ? <StageWords stage={stage} /> : null}
        <NotesOn journey={journey} body={body} on={cell} lens={lens} editable={editable} />
      </div>
    </Drawer>
  );
}

function ByChannel({ numbers, point }: { numbers: JourneyNumbers | undefined; point: string }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useChannelName();
  const figures = numbers?.stages.find((stage) => stage.key === point) ?? numbers?.stages.flatMap((stage) => stage.touchpoints).find((touchpoint) => touchpoint.key === point);
  if (!figures) return null;
  return (
    <table className="plain">
      <thead>
        <tr>
          <th scope="col">{say("word.channel")}</th>
          <th scope="col" className="num">
            {say("word.customers")}
          </th>
          <th scope="col" className="num">
            {say("word.events")}
          </th>
        </tr>
      </thead>
      <tbody>
        {figures.channels.map((channel) => (
          <tr key={channel.channel}>
            <td>
              <span className="row">
                <ChannelIcon channel={channel.channel} named /> {nameOf(channel.channel)}
              </span>
            </td>
            <td className="num">{format.number(channel.customers)}</td>
            <td className="num">{format.number(channel.events)}</td>
          </tr>
        ))}
        <tr>
          <th scope="row">{say("about.distinct")}</th>
          <td className="num">
            <strong>{format.number(figures.customers)}</strong>
          </td>
          <td className="num">
            <strong>{format.number(figures.events)}</strong>
          </td>
        </tr>
      </tbody>
    </table>
  );
}

function TouchpointWords({ touchpoint }: { touchpoint: Touchpoint }) {
  const say = useText();
  return (
    <>
      {touchpoint.by_hand ? <p className="dim">{say("about.byHand")}</p> : <Rule clauses={touchpoint.rule?.any ?? []} />}
      <Facts
        facts={[
          ["field.wants", touchpoint.wants],
          ["field.feels", touchpoint.feels],
          ["field.does", touchpoint.does],
          ["field.measures", touchpoint.measures],
          ["field.pain_points", touchpoint.pain_points],
          ["field.opportunities", touchpoint.opportunities],
          ["field.owner", touchpoint.owner],
          ["field.department", touchpoint.department],
          ["field.people", touchpoint.people],
          ["field.systems", touchpoint.systems],
          ["field.content", touchpoint.content],
        ]}
      />
    </>
  );
}

function StageWords({ stage }: { stage: Stage }) {
  return (
    <Facts
      facts={[
        ["field.situation", stage.situation],
        ["field.needs", stage.needs],
        ["field.expectations", stage.expectations],
        ["field.mindset", stage.mindset],
        ["field.feelings", stage.feelings],
        ["field.actions", stage.actions],
      ]}
    />
  );
}

function Rule({ clauses }: { clauses: Clause[] }) {
  const say = useText();
  const words = useClauseWords();
  return (
    <section>
      <h3>{say("about.rule")}</h3>
      <ul className={styles.rule}>
        {clauses.map((clause, index) => (
          <li key={index}>{words(clause)}</li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ facts }: { facts: [MessageId, string | string[] | null | undefined][] }) {
  const say = useText();
  const told = facts.filter(([, value]) => value && value.length > 0);
  if (told.length === 0) return <p className="dim">{say("about.nothing")}</p>;
  return (
    <dl className={styles.facts}>
      {told.map(([name, value]) => (
        <div key={name}>
          <dt>{say(name)}</dt>
          <dd>
            {Array.isArray(value) ? (
              <ul>
                {value.map((item) => (
                  <li key={item}>{item}</li>
                ))}
              </ul>
            ) : (
              value
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
