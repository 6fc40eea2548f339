import { NativeSelect, Switch, TextInput } from "@mantine/core";
import type { Sender } from "../../api/email";
import { useBrands } from "../../api/surveys";
import { Copy } from "../../design/Copy";
import { NumberInput } from "../../design/NumberInput";
import { useText } from "../../design/text";
import styles from "./Settings.module.css";

interface Props {
  draft: Sender;
  set: (change: Partial<Sender>) => void;
  problems: Record<string, string>;
}

const PARTS = ["domain", "selector", "key_env"] as const;
/** Prints the public half of a private key, as its record wants it. */
const PUBLIC = "openssl rsa -in key.pem -pubout -outform der | openssl base64 -A";
const domainOf = (address: string): string => address.slice(address.lastIndexOf("@") + 1).trim();

/** At which pace, in which brand, and signed by what. */
export function Sending({ draft, set, problems }: Props) {
  const say = useText();
  const brands = useBrands().data?.items ?? [];
  const { dkim } = draft;
  const begun = { domain: domainOf(draft.from_address), selector: "resa", key_env: "RESA_SMTP_DKIM" };
  return (
    <div className="stack-s" style={{ marginTop: 16 }}>
      <div className={styles.fields}>
        <NumberInput label={say("email.per_minute")} description={say("email.per_minute.hint")} placeholder={say("email.per_minute.none")} min={1} max={60_000} value={draft.per_minute ?? ""} error={problems.per_minute} onChange={(value) => set({ per_minute: value === "" ? null : Number(value) })} />
        <NumberInput label={say("email.connections")} description={say("email.connections.hint")} min={1} max={10} value={draft.connections} error={problems.connections} onChange={(value) => set({ connections: Math.min(10, Math.max(1, Number(value) || 1)) })} />
        <NativeSelect label={say("email.brand")} description={say("email.brand.hint")} value={draft.brand ?? ""} error={problems.brand} data={[{ value: "", label: say("survey.brand.usual") }, ...brands.map((one) => ({ value: one.key, label: one.name || one.key }))]} onChange={(event) => set({ brand: event.currentTarget.value || null })} />
      </div>
      <Switch label={say("email.dkim")} description={say("email.dkim.hint")} checked={dkim !== null} onChange={(event) => set({ dkim: event.currentTarget.checked ? begun : null })} />
      {dkim ? (
        <div className={styles.fields}>
          {PARTS.map((part) => (
            <TextInput key={part} label={say(`email.dkim.${part}`)} required value={dkim[part]} error={problems[`dkim.${part}`]} onChange={(event) => set({ dkim: { ...dkim, [part]: event.currentTarget.value } })} />
          ))}
        </div>
      ) : null}
      {draft.from_address.includes("@") ? <Records of={draft} /> : null}
    </div>
  );
}

/** What the domain has to say of itself, so that mail programs believe it. */
function Records({ of: { from_address, return_path, host, dkim } }: { of: Sender }) {
  const say = useText();
  const domain = domainOf(from_address);
  const bounces = return_path ? domainOf(return_path) : domain;
  const records = [
    { code: "spf" as const, name: bounces, value: `v=spf1 a:${host || "smtp.example.com"} ~all` },
    ...(dkim ? [{ code: "dkim" as const, name: `${dkim.selector}._domainkey.${dkim.domain}`, value: "v=DKIM1; k=rsa; p=…" }] : []),
    { code: "dmarc" as const, name: `_dmarc.${domain}`, value: `v=DMARC1; p=none; rua=mailto:postmaster@${domain}` },
  ];
  return (
    <section aria-labelledby="records" className="stack-s">
      <h3 id="records">{say("email.records")}</h3>
      <p className="dim small" style={{ margin: 0 }}>
        {say("email.records.lead")}
      </p>
      <div className="scroll-x" tabIndex={0} role="region" aria-labelledby="records">
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">{say("email.records.name")}</th>
              <th scope="col">{say("email.records.value")}</th>
              <th scope="col">{say("email.records.why")}</th>
            </tr>
          </thead>
          <tbody>
            {records.map((one) => (
              <tr key={one.code}>
                <th scope="row" className="mono small">
                  {one.name}
                </th>
                <td className="mono small">
                  <span className="row" style={{ flexWrap: "nowrap" }}>
                    {one.value} <Copy text={one.code === "dkim" ? PUBLIC : one.value} label={one.code === "dkim" ? say("email.records.key", { command: PUBLIC }) : undefined} />
                  </span>
                </td>
                <td className="dim small">
                  {say(`email.records.${one.code}`)} {one.code === "dkim" ? <code>{PUBLIC}</code> : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
