import { Button } from "@mantine/core";
import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useAudiences, useAudienceTemplates, type AudienceRow } from "../../../api/audiences";
import { useMay } from "../../../api/session";
import { useFormat } from "../../../design/format";
import { Answer, Empty } from "../../../design/states";
import { useText } from "../../../design/text";
import styles from "./Segments.module.css";

/** Saved segments with who is in them now, and the ready-made ones that are not in use yet. */
export function SegmentList() {
  const say = useText();
  const segments = useAudiences();
  const editor = useMay("write");
  const create = (
    <Button leftSection={<IconPlus size={16} aria-hidden="true" />} renderRoot={(props) => <Link to="/customers/segments/$key" params={{ key: "new" }} {...props} />}>
      {say("segment.new")}
    </Button>
  );
  return (
    <>
      <div className="row-between">
        <p className={styles.lead}>{say("segments.lead")}</p>
        {editor ? create : null}
      </div>
      <Answer of={segments}>
        {({ items }) => (
          <>
            {items.length === 0 ? (
              <Empty icon={<IconUsersGroup />} title={say("segments.empty")} action={editor ? create : null}>
                {say("segments.empty.words")}
              </Empty>
            ) : (
              <Rows items={items} />
            )}
            {editor ? <Templates taken={items} /> : null}
          </>
        )}
      </Answer>
    </>
  );
}

function Rows({ items }: { items: AudienceRow[] }) {
  const say = useText();
  const format = useFormat();
  const most = Math.max(1, ...items.map((one) => one.members));
  return (
    <ul className={styles.rows} aria-label={say("segments.title")}>
      {[...items]
        .sort((a, b) => b.members - a.members)
        .map((segment) => (
          <li key={segment.key}>
            <Link to="/customers/segments/$key" params={{ key: segment.key }} className={styles.row}>
              <span className={styles.what}>
                <strong>{segment.name}</strong>
                <span className={styles.description}>{segment.description}</span>
              </span>
              <span className={styles.track} aria-hidden="true">
                {segment.members > 0 ? <span style={{ inlineSize: `${(segment.members / most) * 100}%` }} /> : null}
              </span>
              <span className={styles.size}>
                <strong>{format.number(segment.members)}</strong>
                <span className="dim small">{say("segment.members.unit", { count: segment.members })}</span>
              </span>
            </Link>
          </li>
        ))}
    </ul>
  );
}

/** Ready-made rules, each a start that can be changed before it is saved. */
function Templates({ taken }: { taken: AudienceRow[] }) {
  const say = useText();
  const templates = useAudienceTemplates();
  const left = (templates.data?.items ?? []).filter((one) => !taken.some((segment) => segment.key === one.key || segment.name === one.name));
  if (left.length === 0) return null;
  return (
    <section aria-labelledby="templates" className="stack-s">
      <h2 id="templates">{say("segments.templates")}</h2>
      <ul className={styles.templates}>
        {left.map((template) => (
          <li key={template.key}>
            <Link to="/customers/segments/$key" params={{ key: "new" }} search={{ template: template.key }} className={styles.template}>
              <strong>{template.name}</strong>
              <span className="dim small">{template.description}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
