import type { ContentPart, ContentType } from "../../api/content";
import { useText } from "../../design/text";
import styles from "./Experiences.module.css";
import { filled, harmlessNodes } from "./markup";

/** How a version looks, near enough to judge it; the site's own colours and fonts come on top. */
export function ContentPreview({ type, body, label }: { type: ContentType; body: ContentPart; label: string }) {
  return (
    <div className={styles.stage} data-type={type} role="img" aria-label={label}>
      <Inner type={type} body={body} />
    </div>
  );
}

function Inner({ type, body }: { type: ContentType; body: ContentPart }) {
  const say = useText();
  if (type === "text") return <p>{filled(body.text ?? "") || say("content.nothing")}</p>;
  if (type === "html") return <div>{harmlessNodes(filled(body.html ?? ""))}</div>;
  if (type === "redirect") return <p>{say("content.redirects", { url: body.url ?? "" })}</p>;
  if (type === "json") return <pre className="code">{JSON.stringify(body.data, null, 2)}</pre>;
  return (
    <div className={styles.block} data-type={type}>
      {body.dismissible === false ? null : (
        <span className={styles.cross} aria-hidden="true">
          ×
        </span>
      )}
      {body.image ? <span className={styles.picture}>{body.image_alt || body.image}</span> : null}
      {body.title ? <strong>{filled(body.title)}</strong> : null}
      {body.text ? <span>{filled(body.text)}</span> : null}
      {body.html ? <div>{harmlessNodes(filled(body.html))}</div> : null}
      {body.buttons?.length ? (
        <span className="row">
          {body.buttons.map((one, index) => (
            <span key={index} className={styles.fakebutton} data-kind={one.kind ?? "primary"}>
              {filled(one.label)}
            </span>
          ))}
        </span>
      ) : null}
      {!body.title && !body.text && !body.html && !body.image ? <span className="dim">{say("content.nothing")}</span> : null}
    </div>
  );
}
