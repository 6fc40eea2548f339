import { Link } from "@tanstack/react-router";
import type { AudienceSize } from "../../../api/audiences";
import { ChannelIcon, useChannelName } from "../../../design/channels";
import { useFormat } from "../../../design/format";
import { useText } from "../../../design/text";
import styles from "./Segments.module.css";

/** How many there are, and how many of them may and can be spoken to: members, consented, contactable, per channel. */
export function SizePanel({ size, waiting, sample = false }: { size: AudienceSize | undefined; waiting: boolean; sample?: boolean }) {
  const say = useText();
  const format = useFormat();
  if (!size) {
    return (
      <section className={styles.panel} aria-label={say("segment.size")}>
        <p className="dim">{say(waiting ? "state.loading" : "segment.size.ask")}</p>
      </section>
    );
  }
  const share = size.of > 0 ? size.members / size.of : 0;
  return (
    <section className={styles.panel} aria-label={say("segment.size")} aria-busy={waiting} data-fading={waiting}>
      <div>
        <div className={styles.big} role="status">
          {say("people.total", { count: size.members })}
        </div>
        <div className={styles.whole} aria-hidden="true">
          <span style={{ inlineSize: `${Math.min(100, share * 100)}%` }} />
        </div>
        <div className="dim small">
          {say("segment.share", { share: format.percent(share), of: size.of })}
          {size.simulated > 0 ? ` · ${say("segment.simulated", { count: size.simulated })}` : ""}
        </div>
      </div>
      {size.members > 0 ? <Reach size={size} /> : <p className="dim">{say("segment.nobody")}</p>}
      {sample && size.sample.length > 0 ? (
        <div>
          <h3>{say("segment.sample")}</h3>
          <ul className={styles.sample}>
            {size.sample.slice(0, 5).map((one) => (
              <li key={one.profile}>
                <Link to="/customers/$profile" params={{ profile: one.profile }}>
                  {one.name || one.email || one.profile}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <span className="dim small">{say("segment.took", { ms: Math.round(size.took_ms) })}</span>
    </section>
  );
}

function Reach({ size }: { size: AudienceSize }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useChannelName();
  return (
    <table className={styles.reach}>
      <caption>{say("segment.reachable")}</caption>
      <thead>
        <tr>
          <th scope="col">{say("word.channel")}</th>
          <th scope="col" className="num">
            {say("segment.consented")}
          </th>
          <th scope="col" className="num">
            {say("segment.contactable")}
          </th>
        </tr>
      </thead>
      <tbody>
        {size.reachable.map((one) => (
          <tr key={one.channel}>
            <th scope="row">
              <span className="row" style={{ flexWrap: "nowrap" }}>
                <ChannelIcon channel={one.channel} named /> {nameOf(one.channel)}
              </span>
            </th>
            <td className="num">{format.number(one.consented)}</td>
            <td className="num">
              <strong>{format.number(one.contactable)}</strong>
              <span className={styles.reachbar} aria-hidden="true">
                <span data-part="may" style={{ inlineSize: `${(one.consented / size.members) * 100}%` }} />
                <span data-part="can" style={{ inlineSize: `${(one.contactable / size.members) * 100}%` }} />
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
