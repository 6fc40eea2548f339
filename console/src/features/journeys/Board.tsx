import { Skeleton, Tooltip } from "@mantine/core";
import { IconHandStop, IconMoodSad, IconStarFilled } from "@tabler/icons-react";
import type { CSSProperties } from "react";
import type { Journey, JourneyNumbers, Stage, StageNumbers, Touchpoint, TouchpointNumbers } from "../../api/journeys";
import { ChannelIcon, useChannelName } from "../../design/channels";
import { Delta } from "../../design/Delta";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import styles from "./Board.module.css";
import { Door } from "../../design/Door";
import { FlowStrip } from "./FlowStrip";
import { LayerFigure, NoteMarks, type Overlay } from "./together/marks";

export interface BoardDoors {
  /** Opens the people of `stage:`, `touchpoint:`, `next:` or `dropped:` and a key. */
  people: (cell: string) => void;
  /** Opens what is known of a stage or touchpoint by its key. */
  about: (key: string) => void;
}

interface Props {
  journey: Journey;
  numbers: JourneyNumbers | undefined;
  fading: boolean;
  than: string;
  doors: BoardDoors;
  overlay?: Overlay;
}

const BARE: Overlay = { notes: undefined, layer: undefined, cells: new Map() };

/** The journey as a picture: stages as columns, the flow between them to scale, touchpoints as cards beneath. */
export function Board({ journey, numbers, fading, than, doors, overlay = BARE }: Props) {
  const say = useText();
  const stages = journey.body.stages;
  const figures = new Map(numbers?.stages.map((stage) => [stage.key, stage]));
  const drawn = stages.map((stage) => figures.get(stage.key)).filter((stage) => stage !== undefined);
  // Friction glows where most people are lost, not where the share of a handful is highest.
  const worst = Math.max(0, ...drawn.slice(0, -1).map((stage) => stage.drop_off));
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={say("board.label", { name: journey.body.name })} data-fading={fading}>
      <div className={styles.board} style={{ "--columns": stages.length } as CSSProperties}>
        {stages.map((stage, index) => (
          <StageHead key={stage.key} stage={stage} column={index + 1} figures={figures.get(stage.key)} than={than} doors={doors} overlay={overlay} />
        ))}
        <div className={styles.strip}>{numbers ? <FlowStrip stages={drawn} /> : <Skeleton height={140} radius="md" className={styles.waiting} />}</div>
        {stages.map((stage, index) => (
          <Ways key={stage.key} stage={stage} following={stages[index + 1]} column={index + 1} figures={figures.get(stage.key)} worst={worst} doors={doors} />
        ))}
        {stages.map((stage, index) => (
          <div key={stage.key} className={styles.cards} style={{ gridColumn: index + 1 }}>
            <ul aria-label={say("board.touchpoints", { stage: stage.name })}>
              {stage.touchpoints.map((touchpoint) => (
                <Card
                  key={touchpoint.key}
                  touchpoint={touchpoint}
                  figures={figures.get(stage.key)?.touchpoints.find((found) => found.key === touchpoint.key)}
                  whole={figures.get(stage.key)?.customers ?? 0}
                  waiting={!numbers}
                  than={than}
                  doors={doors}
                  overlay={overlay}
                />
              ))}
            </ul>
          </div>
        ))}
      </div>
    </div>
  );
}

function StageHead({ stage, column, figures, than, doors, overlay }: { stage: Stage; column: number; figures: StageNumbers | undefined; than: string; doors: BoardDoors; overlay: Overlay }) {
  const say = useText();
  const format = useFormat();
  return (
    <div className={styles.head} style={{ gridColumn: column }}>
      <h2>
        <button type="button" className={styles.name} onClick={() => doors.about(stage.key)}>
          {stage.name}
        </button>
      </h2>
      {figures ? (
        <div className={styles.figure}>
          <Door tone="big" label={say("board.people.stage", { count: figures.customers, stage: stage.name })} open={() => doors.people(`stage:${stage.key}`)}>
            {figures.customers < 100_000 ? format.number(figures.customers) : format.compact(figures.customers)}
          </Door>
          <Delta now={figures.customers} before={figures.previous?.customers} than={than} />
        </div>
      ) : (
        <Skeleton height={26} width={72} />
      )}
      {figures ? <ChannelBar figures={figures} /> : <Skeleton height={4} />}
      <LayerFigure overlay={overlay} cell={`stage:${stage.key}`} />
      <NoteMarks notes={overlay.notes} on={`stage:${stage.key}`} open={() => doors.about(stage.key)} />
    </div>
  );
}

/** By channel, as a bar with its parts to scale; the words are in its description. */
function ChannelBar({ figures }: { figures: StageNumbers }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useChannelName();
  const channels = [...figures.channels].sort((a, b) => b.customers - a.customers);
  const sum = channels.reduce((total, channel) => total + channel.customers, 0);
  if (sum === 0) return <div className={styles.channels} />;
  const words = format.list(channels.slice(0, 5).map((channel) => say("board.channel", { channel: nameOf(channel.channel), count: channel.customers })));
  return (
    <Tooltip label={words}>
      <div className={styles.channels} role="img" aria-label={words}>
        {channels.slice(0, 4).map((channel) => (
          <span key={channel.channel} className={styles.channel}>
            <ChannelIcon channel={channel.channel} size={13} named />
            <span>{format.compact(channel.customers)}</span>
          </span>
        ))}
      </div>
    </Tooltip>
  );
}

/** The ways out of a stage in words and numbers: on to the next, or gone. */
function Ways({ stage, following, column, figures, worst, doors }: { stage: Stage; following: Stage | undefined; column: number; figures: StageNumbers | undefined; worst: number; doors: BoardDoors }) {
  const say = useText();
  const format = useFormat();
  if (!figures) return <div className={styles.ways} style={{ gridColumn: column }} />;
  if (!following) {
    return (
      <div className={styles.ways} style={{ gridColumn: column }}>
        <span className="dim">{say("board.last")}</span>
      </div>
    );
  }
  if (figures.customers === 0) {
    return (
      <div className={styles.ways} style={{ gridColumn: column }}>
        <span className="dim">{say("board.nobody")}</span>
      </div>
    );
  }
  const share = (part: number) => format.percent(part / figures.customers);
  return (
    <div className={styles.ways} style={{ gridColumn: column }}>
      <div className={styles.way}>
        <Door label={say("board.people.next", { count: figures.next, stage: stage.name, next: following.name })} open={() => doors.people(`next:${stage.key}`)}>
          <span aria-hidden="true">→ </span>
          <strong>{share(figures.next)}</strong> {say("board.goOn")}
        </Door>
        {figures.median_seconds === null ? null : (
          <Tooltip label={say("board.median.explained", { stage: stage.name, next: following.name })}>
            <span className="dim">{say("board.median", { time: format.span(figures.median_seconds) })}</span>
          </Tooltip>
        )}
      </div>
      <div className={styles.drop} data-worst={worst > 0 && figures.drop_off === worst}>
        <Door tone="ember" label={say("board.people.dropped", { count: figures.drop_off, stage: stage.name })} open={() => doors.people(`dropped:${stage.key}`)}>
          <span aria-hidden="true">↓ </span>
          <strong>{share(figures.drop_off)}</strong> {say("board.leave")}
        </Door>
      </div>
    </div>
  );
}

function Card({ touchpoint, figures, whole, waiting, than, doors, overlay }: { touchpoint: Touchpoint; figures: TouchpointNumbers | undefined; whole: number; waiting: boolean; than: string; doors: BoardDoors; overlay: Overlay }) {
  const say = useText();
  const format = useFormat();
  const count = figures?.customers ?? 0;
  const share = whole > 0 ? count / whole : 0;
  return (
    <li className={styles.card} data-quiet={!touchpoint.by_hand && !waiting && count === 0}>
      <div className={styles.cardhead}>
        <ChannelIcon channel={touchpoint.channel ?? figures?.channels[0]?.channel ?? "other"} size={15} />
        <button type="button" className={styles.cardname} onClick={() => doors.about(touchpoint.key)}>
          {touchpoint.name}
        </button>
        {touchpoint.moment_that_matters ? (
          <Tooltip label={say("board.moment")}>
            <span className={styles.moment}>
              <IconStarFilled size={12} aria-hidden="true" />
              <span className="visually-hidden">{say("board.moment")}</span>
            </span>
          </Tooltip>
        ) : null}
      </div>
      {touchpoint.by_hand ? (
        <span className={styles.hand}>
          <IconHandStop size={13} aria-hidden="true" /> {say("board.byHand")}
        </span>
      ) : waiting ? (
        <Skeleton height={16} width={64} />
      ) : (
        <div className={styles.cardfigure}>
          <Door label={say("board.people.touchpoint", { count, touchpoint: touchpoint.name })} open={() => doors.people(`touchpoint:${touchpoint.key}`)}>
            <strong>{count < 100_000 ? format.number(count) : format.compact(count)}</strong>
          </Door>
          <Delta now={count} before={figures?.previous?.customers} than={than} />
          {touchpoint.pain_points.length > 0 ? (
            <Tooltip label={format.list(touchpoint.pain_points)}>
              <span className={styles.pain}>
                <IconMoodSad size={13} aria-hidden="true" />
                <span aria-hidden="true">{touchpoint.pain_points.length}</span>
                <span className="visually-hidden">{say("board.pains", { count: touchpoint.pain_points.length })}</span>
              </span>
            </Tooltip>
          ) : null}
        </div>
      )}
      {touchpoint.by_hand ? null : <LayerFigure overlay={overlay} cell={`touchpoint:${touchpoint.key}`} />}
      <NoteMarks notes={overlay.notes} on={`touchpoint:${touchpoint.key}`} open={() => doors.about(touchpoint.key)} />
      {touchpoint.by_hand ? null : (
        <div className={styles.meter} aria-hidden="true">
          <span style={{ inlineSize: `${Math.min(100, share * 100)}%` }} />
        </div>
      )}
    </li>
  );
}
