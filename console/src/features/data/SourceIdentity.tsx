import { NativeSelect } from "@mantine/core";
import { IDENTITY_MODES, useSourceChange, type IdentityMode, type Source } from "../../api/sources";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { SourceSecret } from "./SourceSecret";

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
        <SourceSecret
          secret={source.identity_secret}
          words={say("source.identity.secret")}
          copy={say("source.identity.copy")}
          renew={say("source.identity.rotate")}
          renewing={rotateSecret.isPending}
          onRenew={() => rotateSecret.mutate(source.key, { onSuccess: () => tell(say("source.identity.rotated", { name: source.name })), onError: tellError })}
        />
      )}
    </div>
  );
}
