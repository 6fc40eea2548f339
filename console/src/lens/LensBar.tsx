import { Button, Menu, NativeSelect, Popover, Switch } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowsLeftRight, IconCalendar, IconChevronDown, IconFilter, IconUsers } from "@tabler/icons-react";
import { Fragment, useState } from "react";
import { usePopulations } from "../api/populations";
import { useSession } from "../api/session";
import { CHANNELS, ChannelIcon, useChannelName } from "../design/channels";
import { useFormat } from "../design/format";
import { useText, useTextOr } from "../design/text";
import { COMPARISONS, PERIODS, daysOf, usualComparison, usualPeriod, type Lens } from "./lens";
import styles from "./LensBar.module.css";

interface Props {
  lens: Partial<Lens>;
  onChange: (lens: Partial<Lens>) => void;
  channels?: string[];
  /** Whether the answer can be set against another period. */
  comparable?: boolean;
  /** Offer to look at one segment or persona only. */
  whose?: boolean;
}

/** The lens in words, each word a way to change it. */
export function LensBar({ lens, onChange, channels, comparable = true, whose = false }: Props) {
  const say = useText();
  const sayOr = useTextOr();
  const nameOf = useChannelName();
  const { demo } = useSession().workspace;
  const period = lens.period ?? usualPeriod(demo);
  const compare = lens.compare ?? usualComparison(period);
  return (
    <div className={styles.bar} role="group" aria-label={say("lens.label")}>
      <PeriodPicker lens={lens} onChange={onChange} />
      {period === "all" || !comparable ? null : (
        <Menu>
          <Menu.Target>
            <Button variant="default" size="xs" leftSection={<IconArrowsLeftRight size={14} aria-hidden="true" />} rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
              {sayOr(`lens.compare.${compare}`, compare)}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {COMPARISONS.map((choice) => (
              <Menu.Item key={choice} onClick={() => onChange({ ...lens, compare: choice === usualComparison(period) ? undefined : choice })}>
                {say(`lens.compare.${choice}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <Menu>
        <Menu.Target>
          <Button variant="default" size="xs" leftSection={<IconFilter size={14} aria-hidden="true" />} rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
            {lens.channel ? nameOf(lens.channel) : say("lens.channel.all")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => onChange({ ...lens, channel: undefined })}>{say("lens.channel.all")}</Menu.Item>
          {(channels ?? CHANNELS).map((channel) => (
            <Menu.Item key={channel} leftSection={<ChannelIcon channel={channel} named />} onClick={() => onChange({ ...lens, channel })}>
              {nameOf(channel)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {whose ? <PopulationMenu lens={lens} onChange={onChange} /> : null}
      <Switch
        size="xs"
        label={say("lens.simulated")}
        checked={lens.simulated ?? true}
        onChange={(event) => onChange({ ...lens, simulated: event.currentTarget.checked ? undefined : false })}
      />
    </div>
  );
}

/** Everybody, or the people of one segment or persona; absent while there are none to choose. */
function PopulationMenu({ lens, onChange }: Props) {
  const say = useText();
  const populations = usePopulations();
  const all = populations.data ?? [];
  if (all.length === 0 && !lens.population) return null;
  const chosen = all.find((one) => one.value === lens.population)?.name ?? lens.population;
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<IconUsers size={14} aria-hidden="true" />} rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
          {chosen ?? say("lens.population.all")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown style={{ maxHeight: 360, overflowY: "auto" }}>
        <Menu.Item onClick={() => onChange({ ...lens, population: undefined })}>{say("lens.population.all")}</Menu.Item>
        {(["audience", "persona"] as const).map((kind) => {
          const some = all.filter((one) => one.kind === kind);
          if (some.length === 0) return null;
          return (
            <Fragment key={kind}>
              <Menu.Label>{say(`lens.population.${kind}`)}</Menu.Label>
              {some.map((one) => (
                <Menu.Item key={one.value} onClick={() => onChange({ ...lens, population: one.value })}>
                  {one.name}
                </Menu.Item>
              ))}
            </Fragment>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

function PeriodPicker({ lens, onChange }: Props) {
  const say = useText();
  const format = useFormat();
  const { timezone, demo } = useSession().workspace;
  const usual = usualPeriod(demo);
  const [opened, { toggle, close }] = useDisclosure(false);
  const days = daysOf(lens, Date.now(), timezone, usual);
  const last = new Date(Date.parse(days.to) - 86_400_000).toISOString().slice(0, 10);
  const [from, setFrom] = useState(lens.period === "all" ? last : days.from);
  const [to, setTo] = useState(last);
  const period = lens.period ?? usual;
  const words = period === "custom" ? `${format.dayDate(days.from)} – ${format.dayDate(last)}` : say(`lens.period.${period as (typeof PERIODS)[number]}`);
  return (
    <Popover opened={opened} onChange={toggle} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" size="xs" onClick={toggle} leftSection={<IconCalendar size={14} aria-hidden="true" />} rightSection={<IconChevronDown size={14} aria-hidden="true" />}>
          {words}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={say("lens.period")}>
        <div className="stack-s">
          <NativeSelect
            label={say("lens.period")}
            value={period === "custom" ? "" : period}
            onChange={(event) => {
              if (!event.currentTarget.value) return;
              onChange({ ...lens, period: event.currentTarget.value === usual ? undefined : event.currentTarget.value, from: undefined, to: undefined });
              close();
            }}
            data={[...(period === "custom" ? [{ value: "", label: say("lens.period.custom") }] : []), ...PERIODS.map((value) => ({ value, label: say(`lens.period.${value}`) }))]}
          />
          <form
            className={styles.custom}
            onSubmit={(event) => {
              event.preventDefault();
              onChange({ ...lens, period: "custom", from, to });
              close();
            }}
          >
            <label>
              <span>{say("lens.from")}</span>
              <input type="date" required value={from} max={to} onChange={(event) => setFrom(event.currentTarget.value)} />
            </label>
            <label>
              <span>{say("lens.to")}</span>
              <input type="date" required value={to} min={from} onChange={(event) => setTo(event.currentTarget.value)} />
            </label>
            <Button type="submit" size="xs">
              {say("lens.apply")}
            </Button>
          </form>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
