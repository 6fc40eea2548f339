import { Button } from "@mantine/core";
import { IconLayoutGridAdd, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useContents } from "../../api/content";
import { useExperiences } from "../../api/experiences";
import { usePlacements, type PlacementRow } from "../../api/placements";
import { useMay } from "../../api/session";
import { Pill } from "../../design/Badges";
import { useChannelName } from "../../design/channels";
import { useFormat } from "../../design/format";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

/** The spots content stands in, and what fills each now. */
export function PlacementList() {
  const say = useText();
  const placements = usePlacements();
  const editor = useMay("write");
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/experiences/placements/$key" params={{ key: "new" }} {...props} />}>
      {say("placement.new")}
    </Button>
  );
  return (
    <Answer of={placements}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon={<IconLayoutGridAdd />} title={say("placement.empty")} action={editor ? create : null}>
            {say("placement.empty.words")}
          </Empty>
        ) : (
          <>
            <div className="row-between">
              <p className={styles.lead}>{say("placement.lead")}</p>
              {editor ? create : null}
            </div>
            <ul className={styles.rows} aria-label={say("placement.all")}>
              {items.map((one) => (
                <Row key={one.key} of={one} />
              ))}
            </ul>
          </>
        )
      }
    </Answer>
  );
}

function Row({ of }: { of: PlacementRow }) {
  const say = useText();
  const format = useFormat();
  const channel = useChannelName();
  const contents = new Map(useContents().data?.items.map((one) => [one.key, one.name]));
  const experiences = new Map(useExperiences().data?.items.map((one) => [one.key, one.name]));
  const filling = of.experiences.map((key) => experiences.get(key) ?? key);
  return (
    <li>
      <Link to="/experiences/placements/$key" params={{ key: of.key }} className={styles.item}>
        <span>
          <strong>{of.name}</strong>
          <span className="dim small">
            {filling.length > 0 ? say("placement.filled", { what: format.list(filling) }) : say("placement.unfilled")}{" "}
            {of.default ? say("placement.else", { what: contents.get(of.default) ?? of.default }) : ""}
          </span>
        </span>
        <span className={styles.tail}>
          {of.types.map((type) => (
            <Pill key={type}>{say(`content.type.${type}`)}</Pill>
          ))}
          <Pill>{channel(of.channel)}</Pill>
        </span>
      </Link>
    </li>
  );
}
