import { Button } from "@mantine/core";
import { fetchJourneyVersion, useJourneyChange, type Journey } from "../../api/journeys";
import { Pill } from "../../design/Badges";
import { Drawer } from "../../design/dialogs";
import { useFormat } from "../../design/format";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";

/** Every version of a map, newest first; each can be made the current one again. */
export function History({ journey, close }: { journey: Journey; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const { save } = useJourneyChange();
  const versions = [...journey.history].filter((one) => !one.deleted).sort((a, b) => b.version - a.version);
  const restore = (version: number) =>
    void fetchJourneyVersion(journey.key, version)
      .then((old) => save.mutateAsync({ key: journey.key, expected: journey.version, body: old.body }))
      .then((saved) => {
        tell(say("history.restored", { version }), () => save.mutate({ key: journey.key, expected: saved.version, body: journey.body }, { onError: tellError }));
        close();
      })
      .catch(tellError);
  return (
    <Drawer opened onClose={close} title={<strong>{say("history.title")}</strong>} size={420} closeButtonProps={{ "aria-label": say("action.close") }}>
      <ol style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {versions.map(({ version, author, at }) => (
          <li key={version} className="row-between" style={{ padding: "10px 0", borderBottom: "1px solid var(--line)" }}>
            <span>
              <strong>{say("history.version", { version })}</strong>
              <span className="dim small" style={{ display: "block" }}>
                {say("history.by", { author: author || say("word.system"), when: format.dateTime(at) })}
              </span>
            </span>
            {version === journey.version ? (
              <Pill tone="accent">{say("history.current")}</Pill>
            ) : (
              <Button size="xs" variant="default" loading={save.isPending} onClick={() => restore(version)}>
                {say("history.restore")}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </Drawer>
  );
}
