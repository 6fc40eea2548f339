import { Button } from "@mantine/core";
import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { IconMapOff } from "@tabler/icons-react";
import { Page } from "../design/Page";
import { Empty, Failed } from "../design/states";
import { useText } from "../design/text";

export function NotFoundPage() {
  const say = useText();
  return (
    <main>
      <Page title={say("lost.title")}>
        <Empty icon={<IconMapOff />} title={say("lost.words")} action={<Button renderRoot={(props) => <Link to="/" {...props} />}>{say("lost.home")}</Button>} />
      </Page>
    </main>
  );
}

/** The last resort: a page that could not be drawn, or the server that could not be reached at the start. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  const say = useText();
  const router = useRouter();
  return (
    <main>
      <Page title={say("lost.crashed")}>
        <Failed
          error={error}
          retry={() => {
            reset();
            void router.invalidate();
          }}
        />
      </Page>
    </main>
  );
}
