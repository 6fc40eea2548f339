import styles from "./Properties.module.css";
import { useText } from "./text";

/** The server hands over JSON objects or their text; both become an object here. */
export function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === "string") {
    try {
      return objectOf(JSON.parse(value));
    } catch {
      return {};
    }
  }
  return value && typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function plain(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

/** An event's or profile's named values as a quiet two-column list; nested values fold open. */
export function Properties({ values }: { values: Record<string, unknown> }) {
  const say = useText();
  const entries = Object.entries(values);
  if (entries.length === 0) return <span className="dim small">{say("properties.none")}</span>;
  return (
    <dl className={styles.list}>
      {entries.map(([name, value]) => (
        <div key={name} className={styles.pair}>
          <dt>{name}</dt>
          <dd>
            {value && typeof value === "object" ? (
              <details>
                <summary>{say("properties.nested", { count: Array.isArray(value) ? value.length : Object.keys(value).length })}</summary>
                <pre className="code">{JSON.stringify(value, null, 2)}</pre>
              </details>
            ) : (
              plain(value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
