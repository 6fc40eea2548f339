import { Outlet } from "@tanstack/react-router";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../design/text";

/** Experiments, the ideas they come from, and flags: change something, and know whether it was good. */
export function ExperimentsRoom() {
  const say = useText();
  return (
    <Page title={say("room.experiments")} lead={say("experiments.lead")}>
      <Tabs
        label={say("room.experiments")}
        tabs={[
          { to: "/experiments", name: say("room.experiments"), exact: true },
          { to: "/experiments/ideas", name: say("ideas.title") },
          { to: "/experiments/flags", name: say("flags.title") },
          { to: "/experiments/holdouts", name: say("holdouts.title") },
        ]}
      />
      <Outlet />
    </Page>
  );
}
