import { SegmentedControl } from "@mantine/core";
import { useCustomerChange, type ConsentState, type Customer } from "../../api/customers";
import { useFormat } from "../../design/format";
import { useText, useTextOr } from "../../design/text";
import { useToasts } from "../../design/toasts";
import styles from "./Cards.module.css";

const PURPOSES = ["analytics", "personalisation", "marketing", "sharing"];

/** What the customer allows, by purpose. */
export function ConsentCard({ customer, editable }: { customer: Customer; editable: boolean }) {
  const say = useText();
  const sayOr = useTextOr();
  const format = useFormat();
  const { tell, tellError } = useToasts();
  const { setConsent } = useCustomerChange(customer.profile);
  const known = new Map(customer.consent.map((one) => [one.purpose, one]));
  const purposes = [...new Set([...PURPOSES, ...known.keys()])];
  const put = (purpose: string, state: ConsentState, before: ConsentState) =>
    setConsent.mutate(
      { purpose, state },
      {
        onSuccess: () => tell(say("consent.saved"), before === "unknown" ? undefined : () => setConsent.mutate({ purpose, state: before }, { onError: tellError })),
        onError: tellError,
      },
    );
  return (
    <section className={styles.card} aria-labelledby="consent">
      <h2 id="consent">{say("customer.consent")}</h2>
      <ul className={styles.plainlist}>
        {purposes.map((purpose) => {
          const one = known.get(purpose);
          const state = one?.state ?? "unknown";
          const name = sayOr(`consent.${purpose}`, purpose);
          return (
            <li key={purpose}>
              <div className="row-between">
                <span>{name}</span>
                {editable ? (
                  <SegmentedControl
                    size="xs"
                    aria-label={name}
                    value={state}
                    onChange={(next) => put(purpose, next as ConsentState, state)}
                    data={[
                      { value: "granted", label: say("consent.granted") },
                      ...(state === "unknown" ? [{ value: "unknown", label: say("consent.unknown"), disabled: true }] : []),
                      { value: "denied", label: say("consent.denied") },
                    ]}
                  />
                ) : (
                  <strong>{say(`consent.${state}`)}</strong>
                )}
              </div>
              {one?.time ? <span className={styles.origin}>{say("consent.origin", { source: one.source || say("word.unknown"), when: format.dateTime(one.time) })}</span> : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
