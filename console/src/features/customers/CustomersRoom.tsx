import { Outlet } from "@tanstack/react-router";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../design/text";

/** People, segments and personas: everyone, those who meet a rule, and kinds of people with a face. */
export function CustomersRoom() {
  const say = useText();
  return (
    <Page title={say("room.customers")}>
      <Tabs
        label={say("room.customers")}
        tabs={[
          { to: "/customers", name: say("customers.people"), exact: true },
          { to: "/customers/segments", name: say("segments.title") },
          { to: "/customers/personas", name: say("personas.title") },
        ]}
      />
      <Outlet />
    </Page>
  );
}
