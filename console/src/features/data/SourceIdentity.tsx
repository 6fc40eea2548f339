import { Button, NativeSelect } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { IDENTITY_MODES, useSourceChange, type IdentityMode, type Source } from "../../api/sources";
import { Copy } from "../../design/Copy";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";

/** Whether a page must prove whose user id it has, and the secret the business's server signs the proof with. */
export function SourceIdentity({ source }: { source: Source }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { heedIdentity, rotateSecret } = useSourceChange();
  return (
    <div className="stack">
      <NativeSelect
        label={say("source.identity")}
        description={say(`source.identity.${source.identity}.words`)}
        value={source.identity}
        disabled={heedIdentity.isPending}
        onChange={(event) => heedIdentity.mutate({ key: source.key, identity: event.currentTarget.value as IdentityMode }, { onError: tellError })}
        data={IDENTITY_MODES.map((mode) => ({ value: mode, label: say(`source.identity.${mode}`) }))}
        maw={420}
      />
      {source.identity_secret === null ? null : (
        <div className="row">
          <span className="small dim">{say("source.identity.secret")}</span>
          <code className="mono">{`${source.identity_secret.slice(0, 4)}…`}</code>
          <Copy text={source.identity_secret} label={say("source.identity.copy")} />
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconRefresh size={14} aria-hidden="true" />}
            loading={rotateSecret.isPending}
            onClick={() => rotateSecret.mutate(source.key, { onSuccess: () => tell(say("source.identity.rotated", { name: source.name })), onError: tellError })}
          >
            {say("source.identity.rotate")}
          </Button>
        </div>
      )}
    </div>
  );
}
