import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useCustomerAudiences } from "../../../api/audiences";
import { useFormat } from "../../../design/format";
import { Answer } from "../../../design/states";
import { useText } from "../../../design/text";
import cards from "../Cards.module.css";
import { Why } from "./Why";

/** The segments a customer is in, each with its reason one click away. */
export function SegmentsCard({ profile, who }: { profile: string; who: string }) {
  const say = useText();
  const format = useFormat();
  const segments = useCustomerAudiences(profile);
  const [asked, setAsked] = useState<{ key: string; name: string } | null>(null);
  return (
    <section className={cards.card} aria-labelledby="segments">
      <h2 id="segments">{say("segments.title")}</h2>
      <Answer of={segments}>
        {({ items, stages }) => (
          <>
            {items.length === 0 ? (
              <p className="dim small">{say("segments.customer.none")}</p>
            ) : (
            <ul className={cards.plainlist}>
              {items.map((one) => (
                <li key={one.key}>
                  <div className="row-between" style={{ flexWrap: "nowrap" }}>
                    <span className="grow">
                      <Link to="/customers/segments/$key" params={{ key: one.key }}>
                        {one.name}
                      </Link>
                      {one.since ? <span className={cards.origin}>{say("segment.since", { when: format.dateTime(one.since) })}</span> : null}
                    </span>
                    <Button size="compact-xs" variant="subtle" aria-label={say("why.ask.label", { name: one.name })} onClick={() => setAsked(one)}>
                      {say("why.ask")}
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
            )}
            {stages.length > 0 ? (
              <>
                <h3>{say("segments.stages")}</h3>
                <ul className={cards.plainlist}>
                  {stages.map((one) => (
                    <li key={one.journey}>
                      <Link to="/journeys/$key" params={{ key: one.journey }} search={{ point: one.stage }}>
                        {one.name}
                      </Link>
                      <span className={cards.origin}>{say("segment.since", { when: format.dateTime(one.since) })}</span>
                    </li>
                  ))}
                </ul>
              </>
            ) : null}
          </>
        )}
      </Answer>
      {asked ? <Why segment={asked.key} name={asked.name} profile={profile} who={who} close={() => setAsked(null)} /> : null}
    </section>
  );
}
