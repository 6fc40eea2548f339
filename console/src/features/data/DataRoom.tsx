import { Outlet } from "@tanstack/react-router";
import { useFailedCount } from "../../api/failedEvents";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../design/text";

export function DataRoom() {
  const say = useText();
  const failed = useFailedCount();
  return (
    <Page title={say("room.data")} lead={say("data.lead")}>
      <Tabs
        label={say("room.data")}
        tabs={[
          { to: "/data/sources", name: say("data.sources") },
          { to: "/data/live", name: say("data.live") },
          { to: "/data/imports", name: say("data.imports") },
          { to: "/data/failed", name: say("data.failed"), count: failed },
        ]}
      />
      <Outlet />
    </Page>
  );
}
