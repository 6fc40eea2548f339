import { ActionIcon, NativeSelect } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useAgainst, type TouchpointAgainst } from "../../../api/against";
import { useJourney, useJourneyNumbers, useJourneys, type Journey, type LensQuery } from "../../../api/journeys";
import { Pill } from "../../../design/Badges";
import { useFormat } from "../../../design/format";
import { Answer, Lines } from "../../../design/states";
import { useText } from "../../../design/text";
import { Board } from "../Board";
import styles from "./Together.module.css";

/** The intended map beneath the current one, and what differs: what to add, what to drop, and what people already do. */
export function Beside({ journey, intended, lens, than, choose }: { journey: Journey; intended: string; lens: LensQuery; than: string; choose: (key: string | undefined) => void }) {
  const say = useText();
  const others = (useJourneys().data?.items ?? []).filter((one) => one.key !== journey.key);
  const against = useAgainst(journey.key, intended, lens);
  const map = useJourney(intended);
  const numbers = useJourneyNumbers(intended, lens);
  // The doors of the intended map lead to it: its people are another map's.
  const away = () => window.location.assign(`/app/journeys/${intended}`);
  return (
    <section className={styles.section} aria-labelledby="beside">
      <div className="row-between">
        <h2 id="beside">{say("beside.title", { name: map.data?.body.name ?? intended })}</h2>
        <div className="row">
          <NativeSelect size="xs" aria-label={say("beside.choose")} value={intended} onChange={(event) => choose(event.currentTarget.value)} data={others.map((one) => ({ value: one.key, label: one.name }))} />
          <ActionIcon variant="subtle" color="gray" aria-label={say("beside.close")} onClick={() => choose(undefined)}>
            <IconX size={16} aria-hidden="true" />
          </ActionIcon>
        </div>
      </div>
      {map.data ? <Board journey={map.data} numbers={numbers.data} fading={numbers.isPlaceholderData} than={than} doors={{ people: away, about: away }} /> : <Lines count={4} />}
      <Answer of={against}>
        {(data) => {
          const differing = data.touchpoints.filter((one) => one.where !== "both" || one.moved || one.changes.length > 0);
          return (
            <>
              <p>{say("beside.summary", { added: data.added, removed: data.removed, moved: data.moved, realised: data.realised })}</p>
              {differing.length > 0 ? (
                <ul className={styles.differing} aria-label={say("beside.differences")}>
                  {differing.map((one) => (
                    <Differing key={one.key} one={one} />
                  ))}
                </ul>
              ) : (
                <p className="dim">{say("beside.same")}</p>
              )}
            </>
          );
        }}
      </Answer>
    </section>
  );
}

function Differing({ one }: { one: TouchpointAgainst }) {
  const say = useText();
  const format = useFormat();
  const kind = one.where === "intended" ? "added" : one.where === "current" ? "removed" : one.moved ? "moved" : "changed";
  return (
    <li>
      <Pill tone={kind === "added" ? "accent" : kind === "removed" ? "ember" : "quiet"}>{say(`beside.${kind}`)}</Pill>
      <span className="grow">{one.name}</span>
      <span className="dim small">{one.where === "current" ? "" : one.by_hand ? say("board.byHand") : say("beside.real", { count: one.real_customers ?? 0, shown: format.number(one.real_customers ?? 0) })}</span>
    </li>
  );
}
