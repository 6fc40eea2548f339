import { Button } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { IdeaStands } from "../../../api/ideas";
import { useMay } from "../../../api/session";
import { Pill } from "../../../design/Badges";
import { useText } from "../../../design/text";

const TONE: Record<IdeaStands, "quiet" | "accent" | "ember" | "gold"> = { idea: "quiet", planned: "gold", running: "accent", tested: "gold", confirmed: "accent", refuted: "ember", shelved: "quiet" };

export function StateOf({ state }: { state: IdeaStands }) {
  const say = useText();
  return <Pill tone={TONE[state]}>{say(`idea.state.${state}`)}</Pill>;
}

/** From an idea to an experiment that starts filled in, or to the one there is. */
export function TestIt({ row }: { row: { key: string; name: string; state: IdeaStands; experiment: string | null } }) {
  const say = useText();
  const may = useMay("write");
  if (row.experiment)
    return (
      <Button size="xs" variant="default" renderRoot={(props) => <Link to="/experiments/$key" params={{ key: row.experiment ?? "" }} {...props} />}>
        {say("idea.seeExperiment")}
      </Button>
    );
  if (!may || row.state === "refuted" || row.state === "confirmed") return null;
  return (
    <Button size="xs" variant="default" leftSection={<IconFlask size={14} aria-hidden="true" />} aria-label={say("idea.test.named", { name: row.name })} renderRoot={(props) => <Link to="/experiments/$key" params={{ key: "new" }} search={{ idea: row.key }} {...props} />}>
      {say("idea.test")}
    </Button>
  );
}
