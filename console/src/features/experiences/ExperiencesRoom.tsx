import { Outlet } from "@tanstack/react-router";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../design/text";

/** What customers are shown: experiences, the content they show, the places they stand in, and offers. */
export function ExperiencesRoom() {
  const say = useText();
  return (
    <Page title={say("room.experiences")} lead={say("exp.lead")}>
      <Tabs
        label={say("room.experiences")}
        tabs={[
          { to: "/experiences", name: say("exp.all"), exact: true },
          { to: "/experiences/content", name: say("content.library") },
          { to: "/experiences/placements", name: say("placement.all") },
          { to: "/experiences/offers", name: say("offer.all") },
          { to: "/experiences/campaigns", name: say("match.title") },
          { to: "/experiences/visual", name: say("visual.title") },
        ]}
      />
      <Outlet />
    </Page>
  );
}
