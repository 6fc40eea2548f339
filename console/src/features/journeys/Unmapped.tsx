import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Clause, JourneyNumbers, Stage } from "../../api/journeys";
import { Pill } from "../../design/Badges";
import { useText, useTextOr } from "../../design/text";
import styles from "./Unmapped.module.css";

interface Props {
  unmapped: JourneyNumbers["unmapped"];
  stages: Stage[];
  add: (stage: string, name: string, clause: Clause) => void;
}

const FEW = 6;

/** What customers really did that the map does not show, each one click from being on it. */
export function Unmapped({ unmapped, stages, add }: Props) {
  const say = useText();
  const sayOr = useTextOr();
  const [all, setAll] = useState(false);
  if (unmapped.length === 0) return null;
  return (
    <section className={styles.box} aria-labelledby="unmapped">
      <h2 id="unmapped">{say("unmapped.title")}</h2>
      <p className="dim">{say("unmapped.lead")}</p>
      <ul className={styles.list}>
        {(all ? unmapped : unmapped.slice(0, FEW)).map((one) => (
          <li key={`${one.type} ${one.name}`}>
            <span className="grow">
              <span className={styles.name}>{one.name || sayOr(`type.${one.type}`, one.type)}</span> {one.type === "track" ? null : <Pill>{sayOr(`type.${one.type}`, one.type)}</Pill>}
              <span className={styles.count}>
                {one.customers === null || one.customers === undefined ? say("unmapped.events", { events: one.events }) : say("unmapped.both", { events: one.events, customers: one.customers })}
              </span>
            </span>
            <Menu>
              <Menu.Target>
                <Button size="compact-sm" variant="default" leftSection={<IconPlus size={13} aria-hidden="true" />} rightSection={<IconChevronDown size={13} aria-hidden="true" />} aria-label={say("unmapped.add.label", { name: one.name || one.type })}>
                  {say("unmapped.add")}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {stages.map((stage) => (
                  <Menu.Item key={stage.key} onClick={() => add(stage.key, one.name || one.type, { type: one.type, name: one.type === "track" ? one.name : null, where: [] })}>
                    {stage.name}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          </li>
        ))}
      </ul>
      {unmapped.length > FEW && !all ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(true)}>
          {say("unmapped.all", { count: unmapped.length })}
        </Button>
      ) : null}
    </section>
  );
}
