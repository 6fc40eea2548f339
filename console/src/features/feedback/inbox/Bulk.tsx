import { Button, Checkbox, NativeSelect } from "@mantine/core";
import { useInboxChange, type AnswerChange, type AnswerRow, type AnswerStatus } from "../../../api/inbox";
import { useTeam } from "../../../api/team";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";

const STATUSES: AnswerStatus[] = ["new", "open", "waiting", "closed"];

export function toggled(marked: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const next = new Set(marked);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Changes the answers that are marked, all at once, and takes it back as well. */
export function Bulk({ items, marked, mark }: { items: AnswerRow[]; marked: ReadonlySet<number>; mark: (next: ReadonlySet<number>) => void }) {
  const say = useText();
  const team = useTeam();
  const { many } = useInboxChange();
  const { tell, tellError } = useToasts();
  const chosen = items.filter((one) => marked.has(one.id));
  const people = (team.data?.items ?? []).filter((one) => one.state === "active").map((one) => ({ value: one.id, label: one.name || one.email }));
  const all = chosen.length > 0 && chosen.length === items.length;
  const change = (next: Omit<AnswerChange, "id" | "expected_version">) => {
    const before = new Map(chosen.map((one) => [one.id, one]));
    // Promises, not callbacks: what was closed leaves the list, this line with it, and nothing of it would be called any more.
    void many
      .mutateAsync(chosen.slice(0, 200).map(({ id, version }) => ({ id, expected_version: version, ...next })))
      .then((done) => {
        mark(new Set(done.skipped));
        const back = done.items.map(({ id, version }) => ({ id, expected_version: version, status: before.get(id)?.status ?? "new", assignee: before.get(id)?.assignee ?? null }));
        tell(say("inbox.many.done", { count: done.items.length, skipped: done.skipped.length }), back.length ? () => void many.mutateAsync(back).catch(tellError) : undefined);
      })
      .catch(tellError);
  };
  return (
    <div className="row" role="group" aria-label={say("inbox.many")} style={{ marginBottom: 8, minHeight: 30 }}>
      <Checkbox size="xs" label={chosen.length ? say("inbox.many.count", { count: chosen.length }) : say("inbox.many.all")} checked={all} indeterminate={chosen.length > 0 && !all} onChange={() => mark(all ? new Set() : new Set(items.map((one) => one.id)))} />
      {chosen.length ? (
        <>
          <NativeSelect size="xs" aria-label={say("inbox.many.status")} value="" data={[{ value: "", label: say("inbox.many.status") }, ...STATUSES.map((value) => ({ value, label: say(`inbox.pile.${value}`) }))]} onChange={(event) => event.currentTarget.value && change({ status: event.currentTarget.value as AnswerStatus })} />
          <NativeSelect size="xs" aria-label={say("inbox.many.assignee")} value="" data={[{ value: "", label: say("inbox.many.assignee") }, { value: "none", label: say("inbox.noAssignee") }, ...people]} onChange={(event) => event.currentTarget.value && change({ assignee: event.currentTarget.value === "none" ? null : event.currentTarget.value })} />
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => mark(new Set())}>
            {say("action.cancel")}
          </Button>
        </>
      ) : null}
    </div>
  );
}
