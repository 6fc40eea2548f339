import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { Copy } from "../../design/Copy";

/** A secret of a source, shortened: to copy, or to have another made. */
export function SourceSecret({ secret, words, copy, renew, renewing, onRenew }: { secret: string; words: string; copy: string; renew: string; renewing: boolean; onRenew: () => void }) {
  return (
    <div className="row">
      <span className="small dim">{words}</span>
      <code className="mono">{`${secret.slice(0, 4)}…`}</code>
      <Copy text={secret} label={copy} />
      <Button size="compact-xs" variant="subtle" leftSection={<IconRefresh size={14} aria-hidden="true" />} loading={renewing} onClick={onRenew}>
        {renew}
      </Button>
    </div>
  );
}
