import { Outlet } from "@tanstack/react-router";
import { useInboxCounts } from "../../api/inbox";
import { Page } from "../../design/Page";
import { Tabs } from "../../design/Tabs";
import { useText } from "../../design/text";

/** What customers say: what they are asked, what the answers add up to, what they write, and who gets an answer. */
export function FeedbackRoom() {
  const say = useText();
  const waiting = useInboxCounts().data?.new;
  return (
    <Page title={say("room.feedback")} lead={say("feedback.lead")}>
      <Tabs label={say("room.feedback")} tabs={[{ to: "/feedback", name: say("survey.all"), exact: true }, { to: "/feedback/results", name: say("listen.title") }, { to: "/feedback/comments", name: say("comments.title") }, { to: "/feedback/inbox", name: say("inbox.title"), count: waiting }, { to: "/feedback/rules", name: say("loop.all") }, { to: "/feedback/told", name: say("told.tab") }, { to: "/feedback/recovery", name: say("recovery.tab") }, { to: "/feedback/import", name: say("inbox.import") }]} />
      <Outlet />
    </Page>
  );
}
