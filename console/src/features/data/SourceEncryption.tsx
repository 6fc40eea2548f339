import { Switch } from "@mantine/core";
import { useSourceChange, type Source } from "../../api/sources";
import { useText } from "../../design/text";
import { useToasts } from "../../design/toasts";
import { SourceSecret } from "./SourceSecret";

/** Whether the flags that a source's clients fetch are encrypted, and the key that reads them. */
export function SourceEncryption({ source }: { source: Source }) {
  const say = useText();
  const { tell, tellError } = useToasts();
  const { encrypt, rotatePayloadKey } = useSourceChange();
  return (
    <div className="stack">
      <Switch
        label={say("source.encrypted")}
        description={say("source.encrypted.words")}
        checked={source.encrypted}
        disabled={encrypt.isPending}
        onChange={(event) => encrypt.mutate({ key: source.key, encrypted: event.currentTarget.checked }, { onError: tellError })}
        maw={560}
      />
      {source.payload_key === null ? null : (
        <SourceSecret
          secret={source.payload_key}
          words={say("source.encrypted.key")}
          copy={say("source.encrypted.copy")}
          renew={say("source.encrypted.rotate")}
          renewing={rotatePayloadKey.isPending}
          onRenew={() => rotatePayloadKey.mutate(source.key, { onSuccess: () => tell(say("source.encrypted.rotated", { name: source.name })), onError: tellError })}
        />
      )}
    </div>
  );
}
