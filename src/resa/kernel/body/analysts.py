"""The views analysts ask in SQL: `events`, `profiles`, `journeys` (DECISIONS 4, 11).

Built by subtraction from the tables of `duck`: times as timestamps, identities and profiles as text. What a query
does not select costs nothing: a session, for instance, is only computed where it is asked for.
"""

from typing import Final

_IDENTITY: Final = "CASE WHEN user_id IS NOT NULL THEN 'user:' || user_id ELSE 'anon:' || anonymous_id END"

VIEWS: Final = f"""
CREATE OR REPLACE VIEW events AS
SELECT message_id, make_timestamp_ms(time) AS time, make_timestamp_ms(received_at) AS received_at, type, name,
       'p_' || profile AS profile, 'p_' || profile_then AS profile_then, {_IDENTITY} AS identity,
       user_id, anonymous_id, group_id,
       'p_' || profile || '-' || sum(begins) OVER (PARTITION BY profile ORDER BY time, "row") AS session,
       channel, source, page_url, page_path, page_title, referrer, referrer_kind,
       campaign_source, campaign_medium, campaign_name, device, os, browser, ip, locale,
       revenue, currency, order_id, bot, simulated, session_hint,
       CAST(properties AS JSON) AS properties, CAST(context AS JSON) AS context, "row"
  FROM (SELECT *, CASE WHEN time - lag(time) OVER (PARTITION BY profile ORDER BY time, "row") < 1800000 THEN 0 ELSE 1 END AS begins
          FROM log);

CREATE OR REPLACE VIEW profiles AS
SELECT 'p_' || p.profile AS profile, p.first_seen, p.last_seen, p.events, p.identities, p.simulated,
       t.traits ->> 'email' AS email, t.traits ->> 'name' AS name, coalesce(t.traits, '{{}}'::JSON) AS traits, p.as_of
  FROM (SELECT profile, make_timestamp_ms(min(time)) AS first_seen, make_timestamp_ms(max(time)) AS last_seen,
               count(*) AS events, count(DISTINCT identity) AS identities, bool_or(simulated) AS simulated,
               (SELECT next_row FROM raw.landed) AS as_of
          FROM log WHERE NOT bot GROUP BY profile) p
  LEFT JOIN (SELECT profile, json_group_object(name, value::JSON) AS traits
               FROM (SELECT coalesce(m.profile, f.identity::BIGINT) AS profile, f.name,
                            arg_max(f.value, (f.rank, f.time, f."row")) AS value
                       FROM raw.traits f LEFT JOIN raw.identity_map m ON f.identity = m.identity
                      GROUP BY ALL)
              WHERE value <> 'null' GROUP BY profile) t ON p.profile = t.profile;

CREATE OR REPLACE VIEW journeys AS
SELECT 'p_' || profile AS profile, {_IDENTITY} AS identity, make_timestamp_ms(time) AS time,
       CASE WHEN type = 'track' THEN name ELSE type END AS name, channel, "row"
  FROM log WHERE NOT bot;
"""

COLUMNS: Final[dict[str, str]] = {
    "message_id": "The id the client gave the event; a repeated one is kept once.",
    "time": "When it happened (UTC), corrected for the sender's clock.",
    "received_at": "When Resa received it (UTC).",
    "type": "identify, track, page, screen, group or alias.",
    "name": "The event's name, or the page's or screen's; in `profiles` the customer's.",
    "profile": "The customer as known now.",
    "profile_then": "The customer as known when the event came in.",
    "identity": "The identifier the event came with: user:… or anon:….",
    "user_id": "The business's own id of the customer.",
    "anonymous_id": "The id of the device or browser.",
    "group_id": "The company or group (group events).",
    "session": "A run of one customer's events with no gap over 30 minutes; computed when asked for.",
    "channel": "web, app, email, sms, push, chat, social, call, store, ad, review, server or other.",
    "source": "The key of the source it came from.",
    "page_url": "Address of the page.",
    "page_path": "Path of the page.",
    "page_title": "Title of the page.",
    "referrer": "The page before, on another site or this one.",
    "referrer_kind": "search, social, mail, ad, referral, internal or direct.",
    "campaign_source": "utm_source.",
    "campaign_medium": "utm_medium.",
    "campaign_name": "utm_campaign.",
    "device": "desktop, mobile, tablet, ...",
    "os": "Operating system.",
    "browser": "Browser.",
    "ip": "IP address, truncated unless the workspace keeps it.",
    "locale": "Language and region of the device.",
    "revenue": "Money the event brought; negative for a refund.",
    "currency": "ISO 4217 code of the revenue.",
    "order_id": "The order it belongs to.",
    "bot": "Sent by a program; left out of every other number.",
    "simulated": "Made by the demonstration's simulation.",
    "session_hint": "What the client called its session; no number uses it.",
    "properties": "Everything else the event said (JSON); for identify and group the traits.",
    "context": "Where it was said: page, campaign, library, device (JSON).",
    "row": "Place in the log.",
    "first_seen": "Time of the customer's first event.",
    "last_seen": "Time of the latest event.",
    "events": "How many events.",
    "identities": "How many identifiers with events.",
    "email": "E-mail address, if known.",
    "traits": "What is known of the customer (JSON).",
    "as_of": "Rows of the log below this one are counted in.",
}
"""What each column means, for the console's page and the docs."""
