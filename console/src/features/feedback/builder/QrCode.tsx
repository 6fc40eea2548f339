import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { download } from "../../../design/download";
import { useText } from "../../../design/text";
import { qrCode, qrPath } from "./qr";
import styles from "../Feedback.module.css";

const QUIET = 8;

/** A link as a square that phones read; drawn here, so that the link is told to nobody. */
export function QrCode({ link, name }: { link: string; name: string }) {
  const say = useText();
  const grid = qrCode(link);
  if (!grid) return <p className="dim small">{say("survey.qr.long")}</p>;
  const size = grid.length + QUIET;
  const path = qrPath(grid);
  const file = `<svg xmlns="http://www.w3.org/2000/svg" width="1024" height="1024" viewBox="0 0 ${size} ${size}"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${path}"/></svg>`;
  return (
    <div className={styles.qr}>
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={say("survey.qr.of", { link })}>
        <path className={styles.qrlight} d={`M0 0h${size}v${size}H0z`} />
        <path className={styles.qrdark} d={path} />
      </svg>
      <Button size="xs" variant="default" leftSection={<IconDownload size={14} aria-hidden="true" />} onClick={() => download(`${name}.svg`, file, "image/svg+xml")}>
        {say("survey.qr.save")}
      </Button>
    </div>
  );
}
