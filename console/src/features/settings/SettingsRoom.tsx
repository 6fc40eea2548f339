import { Outlet } from "@tanstack/react-router";
import { useMay } from "../../api/session";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../design/text";

export function SettingsRoom() {
  const say = useText();
  const admin = useMay("admin");
  return (
    <Page title={say("room.settings")}>
      <Tabs
        label={say("room.settings")}
        tabs={[
          { to: "/settings/workspace", name: say("settings.workspace") },
          { to: "/settings/team", name: say("settings.team") },
          { to: "/settings/contacts", name: say("settings.contacts") },
          { to: "/settings/brand", name: say("settings.brand") },
          { to: "/settings/email", name: say("settings.email") },
          { to: "/settings/model", name: say("settings.model") },
          ...(admin
            ? [
                { to: "/settings/keys", name: say("settings.keys") },
                { to: "/settings/audit", name: say("settings.audit") },
              ]
            : []),
          { to: "/settings/you", name: say("settings.you") },
        ]}
      />
      <Outlet />
    </Page>
  );
}
