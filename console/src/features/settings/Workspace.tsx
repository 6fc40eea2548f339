import { Autocomplete, Button, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useMay, usePatchWorkspace, useSession } from "../../api/session";
import { Failed } from "../../design/states";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";

export function Workspace() {
  const say = useText();
  const { workspace } = useSession();
  const admin = useMay("admin");
  const { tell, tellError } = useToasts();
  const save = usePatchWorkspace();
  const [form, setForm] = useState({ name: workspace.name, timezone: workspace.timezone, currency: workspace.currency });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const before = { name: workspace.name, timezone: workspace.timezone, currency: workspace.currency };
    save.mutate(form, {
      onSuccess: () =>
        tell(say("workspace.saved"), () => {
          setForm(before);
          save.mutate(before, { onError: tellError });
        }),
    });
  };
  return (
    <section className="card" aria-labelledby="workspace" style={{ maxWidth: 560 }}>
      <h2 id="workspace">{say("settings.workspace")}</h2>
      <form onSubmit={submit} className="stack" style={{ marginTop: 12 }}>
        {save.error ? <Failed error={save.error} /> : null}
        <TextInput label={say("workspace.name")} required disabled={!admin} value={form.name} onChange={(event) => setForm({ ...form, name: event.currentTarget.value })} />
        <Autocomplete
          label={say("workspace.timezone")}
          description={say("workspace.timezone.what")}
          required
          disabled={!admin}
          limit={30}
          data={Intl.supportedValuesOf("timeZone")}
          value={form.timezone}
          onChange={(timezone) => setForm({ ...form, timezone })}
        />
        <TextInput label={say("workspace.currency")} required disabled={!admin} maxLength={3} value={form.currency} onChange={(event) => setForm({ ...form, currency: event.currentTarget.value.toUpperCase() })} />
        {admin ? (
          <div>
            <Button type="submit" loading={save.isPending}>
              {say("action.save")}
            </Button>
          </div>
        ) : null}
      </form>
      <p className="dim small">{say("workspace.version", { version: workspace.version })}</p>
    </section>
  );
}
