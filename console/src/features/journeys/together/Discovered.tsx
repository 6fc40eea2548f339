import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { useDiscovered, type DiscoveredStep } from "../../../api/discovered";
import type { Journey, LensQuery, Touchpoint } from "../../../api/journeys";
import { ChannelIcon } from "../../../design/channels";
import { useFormat } from "../../../design/format";
import { useText, type Say } from "../../../design/text";
import styles from "./Together.module.css";

const FEW = 5;

/** Steps of real paths that are not on the map, each one click from being on it where it seems to belong. */
export function Discovered({ journey, lens, add }: { journey: Journey; lens: LensQuery; add: (stage: string, touchpoint: Touchpoint) => void }) {
  const say = useText();
  const found = useDiscovered(journey.key, journey.version, lens);
  const [all, setAll] = useState(false);
  const items = found.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={styles.section} aria-labelledby="discovered">
      <h2 id="discovered">{say("unmapped.title")}</h2>
      <p className="dim">{say("unmapped.lead")}</p>
      <ul className={styles.steps}>
        {(all ? items : items.slice(0, FEW)).map((step) => (
          <Step key={`${step.type} ${step.name}`} step={step} journey={journey} add={add} />
        ))}
      </ul>
      {items.length > FEW && !all ? (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
            {say("unmapped.all", { count: items.length })}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

/** Where on their way people take it: "after Decision, before Purchase". */
function whereOf(step: DiscoveredStep, nameOf: (key: string) => string, say: Say): string {
  const most = step.between[0];
  if (!most) return "";
  const { after, before } = most;
  if (after && before && after === before) return say("discovered.within", { stage: nameOf(after) });
  if (after && before) return say("discovered.between", { after: nameOf(after), before: nameOf(before) });
  if (after) return say("discovered.after", { stage: nameOf(after) });
  return before ? say("discovered.before", { stage: nameOf(before) }) : "";
}

function Step({ step, journey, add }: { step: DiscoveredStep; journey: Journey; add: (stage: string, touchpoint: Touchpoint) => void }) {
  const say = useText();
  const format = useFormat();
  const { stages } = journey.body;
  const nameOf = (key: string) => stages.find((stage) => stage.key === key)?.name ?? key;
  const { stage, touchpoint } = step.proposal;
  const where = whereOf(step, nameOf, say);
  return (
    <li>
      <ChannelIcon channel={touchpoint.channel ?? "other"} />
      <span className="grow">
        <span>
          {say("discovered.share", { share: format.percent(step.share), customers: step.customers })} <strong>{step.name}</strong>
        </span>
        {where ? <span className={styles.where}>{where}</span> : null}
      </span>
      <span className={styles.adds}>
        <Button size="compact-sm" variant="default" leftSection={<IconPlus size={13} aria-hidden="true" />} onClick={() => add(stage, touchpoint)} aria-label={say("discovered.add.label", { name: step.name, stage: nameOf(stage) })}>
          {say("discovered.add", { stage: nameOf(stage) })}
        </Button>
        <Menu>
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={say("unmapped.add.label", { name: step.name })}>
              <IconChevronDown size={13} aria-hidden="true" />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {stages.map((one) => (
              <Menu.Item key={one.key} onClick={() => add(one.key, touchpoint)}>
                {one.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </span>
    </li>
  );
}
