// Invented answers in the shapes of the API.
const DAY = 86_400_000;
const now = Date.now();
const iso = (at) => new Date(at).toISOString();

let seed = 7;
const random = () => {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
};
const pick = (items) => items[Math.floor(random() * items.length)];

const FIRST = ["Anna", "Erik", "Maja", "Lars", "Sofia", "Karin", "Oskar", "Elin", "Nils", "Sara", "Johan", "Ida", "Per", "Linnea", "Axel", "Ebba"];
const LAST = ["Lindqvist", "Berg", "Nyström", "Holm", "Sandberg", "Ek", "Forsberg", "Dahl", "Lund", "Åkesson"];
const CITIES = ["Göteborg", "Malmö", "Uppsala", "Umeå", "Lund"];

const customers = Array.from({ length: 240 }, (_, index) => {
  const first = pick(FIRST);
  const last = pick(LAST);
  const known = index % 4 !== 3;
  return {
    profile: `p_${1000 + index * 7}`,
    name: known ? `${first} ${last}` : null,
    email: known ? `${first}.${last}@example.com`.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "") : null,
    identities: 1 + (index % 3),
    events: Math.floor(5 + random() * 400),
    first_seen: iso(now - (30 + random() * 300) * DAY),
    last_seen: iso(now - random() * index * 0.2 * DAY),
    simulated: index % 5 === 0,
    traits: known ? { city: pick(CITIES), plan: pick(["basic", "plus", "family"]), age_group: pick(["25-34", "35-44", "45-54"]) } : {},
  };
});

const T = (key, name, channel, event, more = {}) => ({
  key,
  name,
  channel,
  rule: { any: event ? [{ type: event === "page" ? "page" : "track", name: event === "page" ? null : event, where: [], channel: null }] : [] },
  by_hand: !event,
  wants: "",
  feels: "",
  does: "",
  measures: [],
  department: "",
  people: "",
  systems: "",
  content: "",
  pain_points: [],
  opportunities: [],
  owner: "",
  moment_that_matters: false,
  ...more,
});
const S = (key, name, touchpoints) => ({ key, name, situation: `What the customer is in during ${name.toLowerCase()}.`, needs: "", expectations: "", mindset: "", feelings: "", actions: "", measures: [], touchpoints });

let journey = {
  key: "shop",
  version: 4,
  author: "Anna Lindqvist",
  at: iso(now - 3 * DAY),
  history: [1, 2, 3, 4].map((version) => ({ version, author: version === 1 ? "Resa" : "Anna Lindqvist", at: iso(now - (10 - version * 2) * DAY), deleted: false })),
  body: {
    name: "Online shop",
    description: "From the first visit to the friend who recommends us.",
    persona: "Busy parents",
    goal: { metric: "Orders per customer", target: "1.4", owner: "Maja", due: null },
    stages: [
      S("awareness", "Awareness", [T("ad", "Ad clicked", "ad", "Promotion Clicked"), T("campaign", "Campaign mail opened", "email", "Email Opened"), T("mouth", "Word of mouth", null, null)]),
      S("consideration", "Consideration", [
        T("list", "Product list viewed", "web", "Product List Viewed"),
        T("product", "Product viewed", "web", "Product Viewed", { pain_points: ["No photos of the size", "Reviews load slowly"], wants: "To know whether it fits", feels: "Curious, a little unsure", does: "Compares three or four products", department: "E-commerce", owner: "Maja Berg", measures: ["Views per visit", "Add-to-cart rate"], opportunities: ["Show the size on a person"] }),
        T("search", "Searched", "web", "Products Searched"),
      ]),
      S("decision", "Decision", [T("cart", "Product added", "web", "Product Added", { moment_that_matters: true }), T("cartview", "Cart viewed", "web", "Cart Viewed"), T("chat", "Asked in chat", "chat", "Live Chat Conversation Started")]),
      S("purchase", "Purchase", [T("checkout", "Checkout started", "web", "Checkout Started", { pain_points: ["Forced to register"] }), T("order", "Order completed", "web", "Order Completed", { moment_that_matters: true }), T("store", "Bought in store", "store", "Store Purchase")]),
      S("onboarding", "Onboarding", [T("confirm", "Confirmation mail opened", "email", "Order Confirmation Opened"), T("app", "App installed", "app", "Application Installed")]),
      S("use", "Use", [T("open", "App opened", "app", "Application Opened"), T("help", "Help page read", "web", "page")]),
      S("retention", "Retention", [T("second", "Bought again", "web", "Second Order"), T("push", "Push opened", "push", "Push Notification Tapped")]),
      S("advocacy", "Advocacy", [T("review", "Product reviewed", "web", "Product Reviewed"), T("share", "Product shared", "social", "Product Shared"), T("refer", "Friend invited", "email", "Invite Sent")]),
    ],
  },
};

const COUNTS = [18240, 14120, 6480, 3110, 2480, 1930, 1120, 260];

function numbers(url) {
  const channel = url.searchParams.get("channel");
  const compare = url.searchParams.get("compare") ?? "previous";
  const from = Date.parse(url.searchParams.get("from"));
  const to = Date.parse(url.searchParams.get("to"));
  const size = Math.min(1, (to - from) / (30 * DAY)) * (channel ? 0.4 : 1) * (url.searchParams.get("simulated") === "false" ? 0.7 : 1);
  const stages = journey.body.stages.map((stage, index) => {
    const customers = Math.round((COUNTS[index] ?? 400) * size);
    const following = Math.round((COUNTS[index + 1] ?? 0) * size);
    const next = Math.round(Math.min(customers, following) * 0.93);
    const forward = Math.min(customers, Math.round(next * 1.12));
    const then = (value, by) => Math.round(value * by);
    const shift = [1.06, 0.98, 1.14, 1.21, 1, 0.94, 0.97, 0.9][index] ?? 1;
    const channels = [
      { channel: "web", customers: then(customers, 0.7), events: customers * 2 },
      { channel: "email", customers: then(customers, 0.35), events: customers },
      { channel: "app", customers: then(customers, 0.2), events: customers },
      { channel: "store", customers: then(customers, 0.08), events: then(customers, 0.1) },
    ].filter((one) => !channel || one.channel === channel);
    return {
      key: stage.key,
      customers,
      events: customers * 3,
      next: index === 7 ? 0 : next,
      forward: index === 7 ? 0 : forward,
      drop_off: index === 7 ? customers : customers - forward,
      median_seconds: index === 7 ? null : [7400, 93_000, 260, 5400, 600_000, 1_900_000, 2_600_000][index],
      channels,
      previous: compare === "none" ? null : { customers: then(customers, shift), events: then(customers * 3, shift), next: then(next, shift * (index === 2 ? 1.13 : 1)), forward: then(forward, shift), median_seconds: 4000 },
      touchpoints: stage.touchpoints.map((touchpoint, at) => {
        const count = touchpoint.by_hand ? 0 : then(customers, [0.8, 0.55, 0.12][at] ?? 0.05);
        return { key: touchpoint.key, customers: count, events: then(count, 1.6), channels: [{ channel: touchpoint.channel ?? "web", customers: count, events: then(count, 1.6) }], previous: compare === "none" ? null : { customers: then(count, shift), events: then(count, 1.5) } };
      }),
    };
  });
  return {
    period: { from: iso(from), to: iso(to) },
    compare: compare === "none" ? null : { from: iso(from - (to - from)), to: iso(from) },
    as_of: iso(Date.now()),
    real_events: 142_380,
    simulated_events: url.searchParams.get("simulated") === "false" ? 0 : 8_412,
    customers: 21_480,
    stages,
    moves: stages.slice(0, -1).map((stage, index) => ({ from: stage.key, to: stages[index + 1].key, customers: stage.next })),
    unmapped: [
      { type: "track", name: "Coupon Applied", events: 4120 },
      { type: "track", name: "Wishlist Product Added", events: 2210 },
      { type: "screen", name: "", events: 1800 },
      { type: "track", name: "Delivery Delayed", events: 640 },
      { type: "track", name: "Order Refunded", events: 212 },
      { type: "track", name: "Video Playback Started", events: 180 },
      { type: "track", name: "Newsletter Left", events: 95 },
    ],
    took_ms: 84,
  };
}

function people(url) {
  const cell = url.searchParams.get("cell") ?? "";
  const [kind, key] = [cell.slice(0, cell.indexOf(":")), cell.slice(cell.indexOf(":") + 1)];
  const found = numbers(url).stages;
  const stage = found.find((one) => one.key === key);
  const total = { stage: stage?.customers, next: stage?.next, dropped: stage?.drop_off, touchpoint: found.flatMap((one) => one.touchpoints).find((one) => one.key === key)?.customers }[kind] ?? 0;
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const end = Math.min(total, start + 50, customers.length);
  return {
    total,
    items: customers.slice(start, end).map((one) => ({ profile: one.profile, name: one.name, email: one.email, first_time: one.first_seen, last_time: one.last_seen, events: 1 + (one.events % 9), simulated: one.simulated })),
    next: end < Math.min(total, customers.length) ? String(end) : null,
  };
}

const SCRIPT = [
  ["email", "track", "Email Opened"],
  ["web", "page", "Home"],
  ["web", "track", "Product List Viewed"],
  ["web", "track", "Product Viewed"],
  ["web", "track", "Product Added"],
  ["chat", "track", "Live Chat Conversation Started"],
  ["web", "track", "Checkout Started"],
  ["web", "track", "Order Completed"],
  ["app", "screen", "Orders"],
  ["push", "track", "Push Notification Tapped"],
  ["store", "track", "Store Purchase"],
];

const STAGE_OF = { "Email Opened": "Awareness", "Product List Viewed": "Consideration", "Product Viewed": "Consideration", "Product Added": "Decision", "Order Completed": "Purchase" };

let row = 150_000;
function event(at, index = Math.floor(random() * SCRIPT.length)) {
  const [channel, type, name] = SCRIPT[index % SCRIPT.length];
  const customer = pick(customers);
  row += 1;
  const order = name === "Order Completed" || name === "Store Purchase";
  return {
    row,
    message_id: `ajs-${row.toString(36)}-fixture`,
    time: iso(at),
    received_at: iso(at),
    type,
    name,
    identity: customer.email ? `user:${customer.email}` : `anon:${row.toString(16)}`,
    profile: customer.profile,
    channel,
    source: channel === "email" ? "mail" : "shop",
    simulated: index % 4 === 0,
    bot: false,
    page_path: type === "page" ? "/" : null,
    page_title: type === "page" ? "Fresh every day" : null,
    revenue: order ? "482.50" : null,
    currency: order ? "SEK" : null,
    order_id: order ? `1${row}` : null,
    properties: order ? { order_id: `1${row}`, revenue: 482.5, currency: "SEK", products: [{ name: "Coffee", price: 64.9, quantity: 2 }] } : { product_id: `sku-${row % 90}`, price: 64.9, category: "Coffee & tea" },
    context: { library: { name: "analytics.js", version: "1.84.3" }, locale: "sv-SE", page: { path: "/coffee" } },
    stage: STAGE_OF[name] ?? null,
    touchpoint: null,
  };
}

export function stream(response) {
  const timer = setInterval(() => {
    const one = event(Date.now());
    response.write(`id: ${one.row}\ndata: ${JSON.stringify(one)}\n\n`);
  }, 900);
  response.on("close", () => clearInterval(timer));
}

function customer(profile) {
  const found = customers.find((one) => one.profile === profile) ?? customers[0];
  const user = found.email ? `user:${found.email}` : `anon:${found.profile}`;
  return {
    profile: found.profile,
    canonical: null,
    name: found.name,
    email: found.email,
    events: found.events,
    first_seen: found.first_seen,
    last_seen: found.last_seen,
    simulated: found.simulated,
    traits: Object.entries({ ...(found.email ? { email: found.email, name: found.name } : {}), ...found.traits, orders: 7 }).map(([name, value], index) => ({ name, value, time: iso(now - index * 3 * DAY), source: index % 2 ? "mail" : "shop", identity: user, verified: index !== 1 })),
    consent: [
      { purpose: "analytics", state: "granted", time: iso(now - 40 * DAY), source: "shop" },
      { purpose: "marketing", state: "denied", time: iso(now - 4 * DAY), source: "Maja Berg" },
      { purpose: "personalisation", state: "unknown", time: null, source: null },
    ],
    identities: [
      { identity: user, number: 12, first_seen: found.first_seen, last_seen: found.last_seen, events: found.events - 30 },
      { identity: "anon:0f9d2c1e-7b7e-4a83-9a56-0d6fb6bd4f1a", number: 48, first_seen: found.first_seen, last_seen: iso(now - 9 * DAY), events: 24 },
      { identity: "anon:app-7d1f3c", number: 77, first_seen: iso(now - 20 * DAY), last_seen: iso(now - DAY), events: 6 },
    ],
    links: [
      { id: 31, a: user, b: "anon:0f9d2c1e-7b7e-4a83-9a56-0d6fb6bd4f1a", kind: "identify", state: "linked", verified: true, at: iso(now - 30 * DAY), by: "shop", message_id: "ajs-31-fixture", reason: "" },
      { id: 40, a: user, b: "anon:app-7d1f3c", kind: "merge", state: "linked", verified: true, at: iso(now - 2 * DAY), by: "Maja Berg", message_id: null, reason: "Same phone number" },
      { id: 44, a: user, b: "anon:family-tablet", kind: "identify", state: "cut", verified: false, at: iso(now - DAY), by: "Anna Lindqvist", message_id: null, reason: "A shared tablet" },
    ],
    revenue: [{ currency: "SEK", total: "4826.5000", orders: 7 }],
    channels: [
      { channel: "web", events: 180 },
      { channel: "email", events: 42 },
      { channel: "app", events: 31 },
      { channel: "store", events: 9 },
      { channel: "chat", events: 3 },
    ],
  };
}

function timeline(url) {
  const start = Number(url.searchParams.get("before") ?? 0);
  const channel = url.searchParams.get("channel");
  const items = [];
  for (let index = start; index < start + 50; index += 1) {
    const one = event(now - index * 5.3 * 3_600_000, SCRIPT.length * 40 - index);
    if (!channel || one.channel === channel) items.push(one);
  }
  return { items, next: start < 200 ? String(start + 50) : null };
}

let failures = [
  { id: 3, type: "track", message_id: null, at: iso(now - 40 * 60_000), source: "shop", reason: { index: 4, field: "timestamp", value: "2031-01-01T00:00:00Z", rule: "lies more than an hour in the future.", remedy: "Check the clock of the sender, or leave the timestamp out." }, payload: '{"type":"track","event":"Order Completed","userId":"user-42","timestamp":"2031-01-01T00:00:00Z","properties":{"revenue":39.8}}', state: "open" },
  { id: 2, type: "track", message_id: null, at: iso(now - 5 * 3_600_000), source: "mail", reason: { index: 0, field: "userId", value: null, rule: "is missing, and so is anonymousId.", remedy: "Send one of them with every event." }, payload: '{"type":"track","event":"Email Opened"}', state: "open" },
  { id: 1, type: "track", message_id: null, at: iso(now - 2 * DAY), source: "shop", reason: { index: 1, field: "properties.revenue", value: "forty", rule: "is not a number.", remedy: "Send revenue as a number or a numeric text." }, payload: '{"type":"track","event":"Order Completed","userId":"u","properties":{"revenue":"forty"}}', state: "discarded" },
];

let sources = [
  { key: "shop", name: "Online shop", kind: "browser", environment: "production", write_key: "wk_9dJ2mfPq0sLx71", created_at: iso(now - 40 * DAY), last_seen: iso(now - 3000), events_24h: 12840 },
  { key: "backend", name: "Order system", kind: "server", environment: "production", write_key: "wk_server_5kQ0aa", created_at: iso(now - 20 * DAY), last_seen: null, events_24h: 0 },
];
let team = [
  { id: "u1", email: "anna@example.com", name: "Anna Lindqvist", role: "owner", state: "active", created_at: iso(now - 90 * DAY), seen_at: iso(now - 60_000), expires_at: null },
  { id: "u2", email: "maja@example.com", name: "Maja Berg", role: "editor", state: "active", created_at: iso(now - 60 * DAY), seen_at: iso(now - DAY), expires_at: null },
  { id: "i_3", email: "per@example.com", name: "", role: "viewer", state: "invited", created_at: iso(now - DAY), seen_at: null, expires_at: iso(now + 6 * DAY) },
];
let keys = [{ id: "k1", name: "Reporting notebook", prefix: "rk_8sJ2", scopes: ["read", "sql:read"], created_at: iso(now - 9 * DAY), created_by: "Anna", used_at: iso(now - 2 * 3_600_000), from_environment: false }];
let signedIn = process.env.SIGNED_OUT !== "1";

const session = () => ({
  user: signedIn ? { id: "u1", email: "anna@example.com", name: "Anna Lindqvist", role: "owner", scopes: ["read", "write", "events:write", "sql:read", "profiles:write", "admin"] } : null,
  csrf: signedIn ? "fixture" : null,
  setup_required: process.env.SETUP === "1",
  workspace: { name: "Matboden", timezone: "Europe/Stockholm", currency: "SEK", demo: true, version: "0.1.0", as_of_original: "2018-01-01T12:00:00.000Z" },
});

function home(days) {
  const trend = Array.from({ length: days }, (_, index) => {
    const at = now - (days - index) * DAY;
    const weekend = [0, 6].includes(new Date(at).getUTCDay()) ? 1.35 : 1;
    const events = Math.round((4200 + index * 14 + random() * 900) * weekend);
    return { day: iso(at).slice(0, 10), events, customers: Math.round(events / 7), simulated: index > days - 6 ? Math.round(events * 0.12) : 0 };
  });
  const events = trend.reduce((sum, one) => sum + one.events, 0);
  return {
    events_today: 1_874,
    totals: { customers: 21_480, events, revenue: [{ currency: "SEK", total: "1284620.4200" }], orders: 3110 },
    previous: { customers: 20_310, events: Math.round(events * 0.97), revenue: [{ currency: "SEK", total: "1310000" }], orders: 3420 },
    trend,
    channels: [
      { key: "web", customers: 16_200, events: 88_000 },
      { key: "email", customers: 9_400, events: 31_000 },
      { key: "store", customers: 4_100, events: 9_100 },
      { key: "app", customers: 3_900, events: 18_200 },
      { key: "chat", customers: 320, events: 1_100 },
    ],
    names: [["Product Viewed", 41_200], ["Product List Viewed", 28_100], ["Email Opened", 21_400], ["Application Opened", 11_000], ["Product Added", 9_800], ["Checkout Started", 4_100], ["Order Completed", 3_110]].map(([name, count]) => ({ type: "track", key: name, events: count, customers: Math.round(count / 3) })),
    sources: [],
    period: { first: iso(now - days * DAY).slice(0, 10), last: iso(now).slice(0, 10) },
    compare: { first: iso(now - 2 * days * DAY).slice(0, 10), last: iso(now - days * DAY).slice(0, 10) },
    as_of: iso(Date.now()),
  };
}

const NAMES = ["Promotion Clicked", "Email Opened", "Product List Viewed", "Product Viewed", "Products Searched", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed", "Coupon Applied", "Wishlist Product Added"];
const page = (items) => ({ items, next: null });

const ROUTES = [
  ["GET", /^\/api\/session$/, () => session()],
  ["POST", /^\/api\/session$/, (_, __, body) => (body.password === "wrong" ? [401, { code: "refused", message: "E-mail or password is wrong.", remedy: "Try again, or ask an owner for a new invitation." }] : ((signedIn = true), session()))],
  ["DELETE", /^\/api\/session$/, () => ((signedIn = false), undefined)],
  ["POST", /^\/api\/(setup|invite|password)$/, () => ((signedIn = true), session())],
  ["PATCH", /^\/api\/workspace$/, (_, __, body) => ({ ...session().workspace, ...body })],
  ["GET", /^\/api\/team$/, () => page(team)],
  ["POST", /^\/api\/team$/, (_, __, body) => ({ id: "i_9", ...body, invite_url: "/app/invite#8sdJf02kfPwq93kd", expires_at: iso(now + 7 * DAY) })],
  ["PATCH", /^\/api\/team\/(.+)$/, ([id], _, body) => ((team = team.map((one) => (one.id === id ? { ...one, ...body } : one))), team.find((one) => one.id === id))],
  ["DELETE", /^\/api\/team\/(.+)$/, ([id]) => ((team = team.filter((one) => one.id !== id)), undefined)],
  ["GET", /^\/api\/keys$/, () => page(keys)],
  ["POST", /^\/api\/keys$/, (_, __, body) => {
    const made = { id: `k${keys.length + 1}`, prefix: "rk_1a2b", created_at: iso(Date.now()), created_by: "Anna", used_at: null, from_environment: false, ...body };
    keys = [...keys, made];
    return { ...made, key: "rk_1a2b3c4d5e6f7g8h9i0j" };
  }],
  ["DELETE", /^\/api\/keys\/(.+)$/, ([id]) => ((keys = keys.filter((one) => one.id !== id)), undefined)],
  ["GET", /^\/api\/audit$/, () => page([{ id: 3, at: iso(now - 60_000), actor: "Anna Lindqvist", actor_id: "user:u1", action: "session.started", object: "user:u1", detail: { address: "127.0.0.0/24" } }, { id: 2, at: iso(now - DAY), actor: "Maja Berg", actor_id: "user:u2", action: "profile.merged", object: "p_1007", detail: { with: "p_1014", reason: "Same phone number" } }])],
  ["GET", /^\/api\/sources$/, () => page(sources)],
  ["POST", /^\/api\/sources$/, (_, __, body) => {
    const made = { key: body.name.toLowerCase().replace(/\W+/g, "-"), write_key: "wk_new_7Hq2", created_at: iso(Date.now()), last_seen: null, events_24h: 0, ...body };
    sources = [...sources, made];
    return made;
  }],
  ["POST", /^\/api\/sources\/(.+)\/rotate$/, ([key]) => sources.find((one) => one.key === key)],
  ["DELETE", /^\/api\/sources\/(.+)$/, ([key]) => ((sources = sources.filter((one) => one.key !== key)), undefined)],
  ["GET", /^\/api\/live$/, () => page(Array.from({ length: 40 }, (_, index) => event(Date.now() - (40 - index) * 4000)).sort((a, b) => b.row - a.row))],
  ["GET", /^\/api\/trace\/(.+)$/, ([id]) =>
    id.startsWith("ajs-")
      ? { message_id: id, steps: ["accepted", "committed", "profiled", "landed", "indexed"].map((step, index) => ({ step, at: iso(now + index * 137), detail: ["door /v1/t", "row 150 012", "profile p_1007", "batch of 214", null][index] })), event: event(now) }
      : [404, { code: "not_found", message: `There is no event '${id}'.`, remedy: "Check the id, or look among the failed events." }]],
  ["GET", /^\/api\/failed-events$/, () => page(failures)],
  ["POST", /^\/api\/failed-events\/(.+)\/redrive$/, ([id]) => ((failures = failures.map((one) => (one.id === Number(id) ? { ...one, state: "redriven" } : one))), {})],
  ["POST", /^\/api\/failed-events\/(.+)\/restore$/, ([id]) => ((failures = failures.map((one) => (one.id === Number(id) ? { ...one, state: "open" } : one))), {})],
  ["DELETE", /^\/api\/failed-events\/(.+)$/, ([id]) => ((failures = failures.map((one) => (one.id === Number(id) ? { ...one, state: "discarded" } : one))), undefined)],
  ["GET", /^\/api\/imports$/, () =>
    page([
      { id: 2, error: null, file: "orders-2026.csv", mapping: "orders", state: "running", records: 184_000, events: 183_612, failed: 12, skipped: 376, total_bytes: 84_000_000, done_bytes: 52_000_000, started_at: iso(now - 60_000), ended_at: null },
      { id: 1, error: null, file: "completejourney", mapping: "completejourney", state: "done", records: 1_469_307, events: 1_469_307, failed: 0, skipped: 0, total_bytes: 1, done_bytes: 1, started_at: iso(now - 3 * DAY), ended_at: iso(now - 3 * DAY + 40_000) },
    ])],
  ["POST", /^\/api\/imports\/preview$/, () => ({ format: "CSV", columns: ["invoice", "customer", "date", "price"], mapping: { name: "online_retail", title: "Online Retail" }, records: 5000, events: 4990, failed: 10, skipped: 0, complete: false, problems: [{ record: 17, field: "date", value: "x", rule: "is no time.", remedy: "Write it as 2026-11-21T10:00:00Z." }], sample: [{ type: "track", name: "Order Completed", user_id: "17850", time: "2026-11-01T08:26:00Z", revenue: 15.3, currency: "GBP" }, { type: "track", name: "Order Completed", user_id: "13047", time: "2026-11-01T08:34:00Z", revenue: 22.2, currency: "GBP" }] })],
  ["POST", /^\/api\/imports$/, () => ({})],
  ["GET", /^\/api\/import-mappings$/, () => page([{ name: "online_retail", title: "Online Retail: invoices of a gift shop", description: "" }, { name: "segment", title: "Segment export", description: "" }])],
  ["GET", /^\/api\/customers$/, (_, url) => {
    const q = (url.searchParams.get("q") ?? "").toLowerCase();
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const found = customers.filter((one) => !q || [one.name, one.email, one.profile].some((text) => text?.toLowerCase().includes(q)));
    return { items: found.slice(start, start + 50), next: start + 50 < found.length ? String(start + 50) : null };
  }],
  ["GET", /^\/api\/customers\/([^/]+)$/, ([profile]) => customer(profile)],
  ["GET", /^\/api\/customers\/([^/]+)\/timeline$/, (_, url) => timeline(url)],
  ["PATCH", /^\/api\/customers\/([^/]+)\/(consent|traits)$/, ([profile]) => customer(profile)],
  ["POST", /^\/api\/merges\/preview$/, (_, __, body) => ({ into: body.profiles[0], identities: 5, events: 312, traits: [{ name: "city", keeps: "Malmö", gives_way: "Lund" }], consent: [{ purpose: "marketing", state: "denied", time: null, source: null }], warnings: [] })],
  ["POST", /^\/api\/merges$/, (_, __, body) => ({ link: 52, profile: body.profiles[0] })],
  ["POST", /^\/api\/unlink\/preview$/, () => ({ parts: [{ profile: "p_1000", identities: ["user:anna@example.com"], events: 212 }, { profile: "p_1048", identities: ["anon:0f9d2c1e-7b7e-4a83"], events: 24 }], warnings: [] })],
  ["POST", /^\/api\/unlink$/, () => ({ profiles: ["p_1000", "p_1048"] })],
  ["POST", /^\/api\/relink$/, () => ({ link: 1, profile: "p_1000" })],
  ["GET", /^\/api\/journeys$/, () => page([{ key: "shop", name: journey.body.name, persona: journey.body.persona, goal: journey.body.goal, version: journey.version, stages: journey.body.stages.length }, { key: "household", name: "A household’s year", persona: "Households", goal: null, version: 1, stages: 5 }])],
  ["GET", /^\/api\/journey-templates$/, () => page([{ key: "eight-stages", name: "Eight stages", description: "", stages: journey.body.stages.map((stage) => stage.name) }, { key: "five-stages", name: "Five stages", description: "", stages: ["Awareness", "Interest", "Purchase", "Experience", "Loyalty"] }])],
  ["GET", /^\/api\/journeys\/([^/]+)\/numbers$/, (_, url) => numbers(url)],
  ["GET", /^\/api\/journeys\/([^/]+)\/people$/, (_, url) => people(url)],
  ["GET", /^\/api\/journeys\/([^/]+)$/, () => journey],
  ["PUT", /^\/api\/journeys\/([^/]+)$/, (_, __, body) => {
    if (body.expected_version !== journey.version) return [409, { code: "conflict", message: "Somebody was faster.", current: { version: journey.version } }];
    const version = journey.version + 1;
    journey = { ...journey, version, body: body.body, history: [...journey.history, { version, author: "Anna Lindqvist", at: iso(Date.now()), deleted: false }] };
    return journey;
  }],
  ["POST", /^\/api\/journeys$/, () => journey],
  ["GET", /^\/api\/definitions\/export$/, () => ({ definitions: [{ kind: "journey", key: "shop", body: journey.body }] })],
  ["POST", /^\/api\/definitions\/apply$/, () => ({ changes: [{ kind: "journey", key: "shop", change: "changed", diff: [{ path: "name", text: "name: Online shop -> Shop" }] }] })],
  ["POST", /^\/api\/sql$/, (_, __, body) => (/drop/i.test(body.sql) ? [400, { code: "invalid", message: "sql: only SELECT is allowed.", field: "sql", rule: "only SELECT is allowed.", remedy: "Begin with SELECT or WITH." }] : { columns: ["name", "events", "customers"], rows: NAMES.map((name, index) => [name, 41_200 - index * 3100, 9_000 - index * 640]), truncated: false, took_ms: 43 })],
  ["GET", /^\/api\/sql\/schema$/, () => ({ views: [{ name: "events", columns: ["row", "time", "type", "name", "profile", "identity", "channel", "source", "revenue", "currency", "properties"].map((name) => ({ name, type: name === "time" ? "TIMESTAMP" : name === "row" ? "BIGINT" : "VARCHAR", description: null })) }, { name: "profiles", columns: [{ name: "profile", type: "VARCHAR", description: null }] }, { name: "journeys", columns: [{ name: "profile", type: "VARCHAR", description: null }] }] })],
  ["GET", /^\/api\/home$/, (_, url) => home(Number(url.searchParams.get("days") ?? 30))],
  ["GET", /^\/api\/event-names$/, () => page(NAMES.map((name, index) => ({ type: "track", name, first_seen: iso(now - index * DAY) })))],
];

/** Answers one request; `json` undefined is an empty body. */
export function answer(method, url, body) {
  for (const [wanted, pattern, give] of ROUTES) {
    const match = method === wanted ? pattern.exec(url.pathname) : null;
    if (!match) continue;
    const given = give(match.slice(1).map(decodeURIComponent), url, body);
    if (Array.isArray(given) && given.length === 2 && typeof given[0] === "number") return { status: given[0], json: given[1] };
    return { json: given };
  }
  return { status: 404, json: { code: "not_found", message: `There is nothing at ${url.pathname}.` } };
}
