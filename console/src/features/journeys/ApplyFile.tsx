import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useApplyDefinitions, type Definition } from "../../api/definitions";
import { Pill } from "../../design/Badges";
import { Modal } from "../../design/dialogs";
import { Answer, Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";

async function definitionsIn(file: File): Promise<Definition[] | null> {
  try {
    const content = JSON.parse(await file.text()) as { definitions?: unknown };
    return Array.isArray(content.definitions) ? (content.definitions as Definition[]) : null;
  } catch {
    return null;
  }
}

/** A file of definitions: first what it would change, then the change. */
export function ApplyFile({ file, close }: { file: File; close: () => void }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const dry = useApplyDefinitions();
  const apply = useApplyDefinitions();
  const preview = useQuery({
    queryKey: ["apply-preview", file.name, file.lastModified, file.size],
    queryFn: async () => {
      const definitions = await definitionsIn(file);
      return definitions ? { definitions, changes: (await dry.mutateAsync({ definitions, dryRun: true })).changes } : null;
    },
    retry: false,
    staleTime: 0,
  });
  return (
    <Modal opened onClose={close} title={<strong>{say("file.preview", { name: file.name })}</strong>} size="lg" closeButtonProps={{ "aria-label": say("action.close") }}>
      <Answer of={preview}>
        {(data) => {
          if (!data) return <Failed error={null} />;
          const same = data.changes.every((change) => change.change === "same");
          return (
            <div className="stack">
              {same ? <p>{say("file.same")}</p> : null}
              <ul style={{ margin: 0, padding: 0, listStyle: "none" }}>
                {data.changes.map((change) => (
                  <li key={`${change.kind} ${change.key}`} style={{ padding: "8px 0", borderBottom: "1px solid var(--line)" }}>
                    <span className="row">
                      <strong>{change.key}</strong> <Pill tone={change.change === "same" ? "quiet" : "accent"}>{say(change.change === "same" ? "file.same.short" : `file.${change.change}`)}</Pill>
                    </span>
                    {change.diff.length > 0 ? <pre className="code">{change.diff.map((one) => one.text).join("\n")}</pre> : null}
                  </li>
                ))}
              </ul>
              <div className="row" style={{ justifyContent: "flex-end" }}>
                <Button variant="default" onClick={close}>
                  {say("action.cancel")}
                </Button>
                <Button
                  disabled={same}
                  loading={apply.isPending}
                  onClick={() =>
                    apply.mutate(
                      { definitions: data.definitions, dryRun: false },
                      {
                        onSuccess: () => {
                          tell(say("file.applied"));
                          close();
                        },
                        onError: tellError,
                      },
                    )
                  }
                >
                  {say("file.applyNow")}
                </Button>
              </div>
            </div>
          );
        }}
      </Answer>
    </Modal>
  );
}
