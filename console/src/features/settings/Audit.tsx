import { useAudit } from "../../api/audit";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { plain } from "../../design/Properties";
import { Answer, Empty } from "../../design/states";
import { useText, useTextOr } from "../../design/text";

/** Who changed what, newest first. */
export function Audit() {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const audit = useAudit();
  return (
    <section className="stack">
      <h2>{say("settings.audit")}</h2>
      <Answer of={audit}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title={say("audit.empty")}>{say("audit.empty.words")}</Empty>;
          return (
            <>
              <div className="card flush scroll-x" tabIndex={0} role="region" aria-label={say("settings.audit")}>
                <table className="plain">
                  <thead>
                    <tr>
                      <th scope="col">{say("audit.when")}</th>
                      <th scope="col">{say("audit.who")}</th>
                      <th scope="col">{say("audit.what")}</th>
                      <th scope="col">{say("audit.object")}</th>
                      <th scope="col">{say("audit.detail")}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((entry) => (
                      <tr key={entry.id}>
                        <td style={{ whiteSpace: "nowrap" }}>{format.dateTime(entry.at)}</td>
                        <td>{entry.actor}</td>
                        <td>{sayOr(`audit.${entry.action}`, entry.action)}</td>
                        <td className="mono">{entry.object}</td>
                        <td className="small dim">
                          {Object.entries(entry.detail ?? {})
                            .map(([key, value]) => `${key}: ${plain(value)}`)
                            .join(", ")}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <More of={audit} />
            </>
          );
        }}
      </Answer>
    </section>
  );
}
