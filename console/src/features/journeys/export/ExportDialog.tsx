import { Button } from "@mantine/core";
import { IconPhoto, IconPrinter } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { createPortal } from "react-dom";
import type { Journey, JourneyNumbers } from "../../../api/journeys";
import { downloadBlob } from "../../../design/download";
import { Modal } from "../../../design/dialogs";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import { useToasts } from "../../../design/toasts";
import styles from "./Export.module.css";
import { posterOf } from "./poster";

const SHARP = 2; // pixels of the PNG per pixel of the drawing
const MOST = 16_000; // no canvas is wider in any browser

/** The drawing as PNG, by a canvas: a data: address is all that the content security policy allows, and all it takes. */
async function pngOf(source: string, width: number, height: number): Promise<Blob> {
  const picture = new Image();
  picture.src = source;
  await picture.decode();
  const scale = Math.min(SHARP, MOST / width, MOST / height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("the picture is too large for this browser"))), "image/png"));
}

/** The board as a poster: looked at, then taken away as PNG, or printed on one sheet, on paper or to PDF. */
export function ExportDialog({ journey, numbers, close }: { journey: Journey; numbers: JourneyNumbers; close: () => void }) {
  const say = useText();
  const format = useFormat();
  const { tellError } = useToasts();
  const [printing, setPrinting] = useState(false);
  const { body } = journey;
  const poster = useMemo(() => {
    const period = say("people.period", { from: format.date(numbers.period.from), to: format.date(new Date(Date.parse(numbers.period.to) - 1).toISOString()) });
    return posterOf(body, numbers, {
      lead: [body.persona && say("journey.for", { persona: body.persona }), body.goal?.metric && say("journey.goal", { metric: body.goal.metric, target: String(body.goal.target ?? "") }), period].filter(Boolean).join(" · "),
      foot: [say("export.foot", { version: journey.version, when: format.dateTime(numbers.as_of) }), say("board.real", { count: numbers.real_events }), numbers.simulated_events > 0 ? say("export.simulated", { count: numbers.simulated_events }) : ""].filter(Boolean).join(" · "),
      number: format.number,
      goOn: (share) => `${format.percent(share)} ${say("board.goOn")}`,
      leave: (share) => `${format.percent(share)} ${say("board.leave")}`,
      median: (seconds) => say("board.median", { time: format.span(seconds) }),
      byHand: say("board.byHand"),
      moment: say("board.moment"),
    });
  }, [body, numbers, journey.version, say, format]);
  const source = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(poster.svg)}`;

  useEffect(() => {
    if (!printing) return undefined;
    document.body.dataset.printing = "poster";
    const done = () => setPrinting(false);
    window.addEventListener("afterprint", done);
    const sheet = document.querySelector<HTMLImageElement>("[data-poster] img");
    void (sheet?.decode() ?? Promise.resolve()).then(() => window.print()).catch(tellError);
    return () => {
      window.removeEventListener("afterprint", done);
      delete document.body.dataset.printing;
    };
  }, [printing, tellError]);

  return (
    <Modal opened onClose={close} title={<strong>{say("export.title")}</strong>} size="xl" closeButtonProps={{ "aria-label": say("action.close") }}>
      <div className="stack">
        <div className={styles.preview} tabIndex={0} role="region" aria-label={say("export.preview")}>
          <img src={source} alt={say("export.alt", { name: body.name })} />
        </div>
        <p className="dim small">{say("export.words")}</p>
        <div className="row" style={{ justifyContent: "flex-end" }}>
          <Button variant="default" leftSection={<IconPrinter size={16} aria-hidden="true" />} onClick={() => setPrinting(true)}>
            {say("export.print")}
          </Button>
          <Button
            leftSection={<IconPhoto size={16} aria-hidden="true" />}
            onClick={() =>
              void pngOf(source, poster.width, poster.height)
                .then((blob) => downloadBlob(`${journey.key}.png`, blob))
                .catch(tellError)
            }
          >
            {say("export.png")}
          </Button>
        </div>
      </div>
      {printing
        ? createPortal(
            <div className={styles.sheet} data-poster>
              <img src={source} alt="" />
            </div>,
            document.body,
          )
        : null}
    </Modal>
  );
}
