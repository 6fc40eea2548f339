import { Button } from "@mantine/core";
import { IconBrush } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useExperimentNames } from "../../api/siteExperiments";
import { Pill } from "../../design/Badges";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";

/** The experiments whose variations can be built on the page: those that have not begun; and, to look at, those that change pages now. */
export function VisualList() {
  const say = useText();
  const experiments = useExperimentNames();
  return (
    <Answer of={experiments}>
      {({ items }) => {
        const shown = items.filter((one) => one.status === "draft" || (one.on_pages && (one.status === "running" || one.status === "paused")));
        if (shown.length === 0)
          return (
            <Empty icon={<IconBrush />} title={say("visual.empty")} action={<Button renderRoot={(props) => <Link to="/experiments" {...props} />}>{say("visual.empty.go")}</Button>}>
              {say("visual.empty.words")}
            </Empty>
          );
        return (
          <>
            <p className={styles.lead}>{say("visual.lead")}</p>
            <ul className={styles.rows} aria-label={say("visual.title")}>
              {shown.map((one) => (
                <li key={one.key}>
                  <Link to="/experiences/visual/$key" params={{ key: one.key }} className={styles.item}>
                    <strong>{one.name}</strong>
                    <span className={styles.tail}>
                      <Pill tone={one.status === "draft" ? "gold" : "accent"}>{say(one.status === "draft" ? "exp.status.draft" : "visual.begun")}</Pill>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          </>
        );
      }}
    </Answer>
  );
}
