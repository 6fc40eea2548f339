import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useText } from "./text";

export function Copy({ text, label }: { text: string; label?: string | undefined }) {
  const say = useText();
  const clipboard = useClipboard({ timeout: 1500 });
  const words = clipboard.copied ? say("action.copied") : (label ?? say("action.copy"));
  return (
    <Tooltip label={words}>
      <ActionIcon variant="subtle" color="gray" aria-label={words} onClick={() => clipboard.copy(text)}>
        {clipboard.copied ? <IconCheck size={16} aria-hidden="true" /> : <IconCopy size={16} aria-hidden="true" />}
      </ActionIcon>
    </Tooltip>
  );
}

/** Text to take away: a snippet, a key, a link. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div style={{ position: "relative" }}>
      {/* The region can scroll sideways, so the keyboard must be able to reach it. */}
      <pre className="code" tabIndex={0} role="region" aria-label={label} style={{ paddingInlineEnd: 48 }}>
        {text}
      </pre>
      <div style={{ position: "absolute", top: 6, insetInlineEnd: 8 }}>
        <Copy text={text} />
      </div>
    </div>
  );
}
