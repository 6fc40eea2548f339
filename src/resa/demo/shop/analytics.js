// A small sender of standard events, part of this demonstration shop only: page, track, identify, in batches.
// It keeps an anonymous id in this browser, and never throws in the page.
"use strict";
const analytics = (() => {
  const { collect, writeKey } = document.body.dataset;
  const listeners = [];
  let queue = [];
  let timer = 0;

  const kept = (name, make) => {
    try {
      const found = localStorage.getItem(name) ?? make?.() ?? null;
      if (found !== null) localStorage.setItem(name, found);
      return found;
    } catch {
      return make?.() ?? null;
    }
  };
  const keep = (name, value) => {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch {
      // storage is off: the visitor is new on each page
    }
  };
  const uuid = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(16).slice(2)}`;
  let anonymousId = kept("shop.anonymous", uuid);
  let userId = kept("shop.user");

  const campaign = () => {
    const query = new URLSearchParams(location.search);
    const found = {};
    for (const [key, value] of query) if (key.startsWith("utm_")) found[key.slice(4).replace(/^campaign$/, "name")] = value;
    return Object.keys(found).length ? found : undefined;
  };
  const context = () => ({
    library: { name: "resa-demo-shop-web", version: "1" },
    page: { path: location.pathname, url: location.href, title: document.title, referrer: document.referrer, search: location.search },
    campaign: campaign(),
    userAgent: navigator.userAgent,
    locale: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: { width: screen.width, height: screen.height },
  });

  async function flush() {
    clearTimeout(timer);
    timer = 0;
    const batch = queue;
    queue = [];
    if (!batch.length) return;
    try {
      const answer = await fetch(`${collect}/v1/batch`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" },
        body: JSON.stringify({ batch, sentAt: new Date().toISOString(), writeKey }),
        keepalive: true,
        credentials: "omit",
      });
      if (answer.status === 429 || answer.status >= 500) throw new Error(String(answer.status));
    } catch {
      queue = [...batch, ...queue].slice(-200);
      timer = setTimeout(flush, 3000);
    }
  }

  function send(type, more) {
    const event = { type, messageId: uuid(), anonymousId, timestamp: new Date().toISOString(), context: context(), ...more };
    if (userId) event.userId = userId;
    queue.push(event);
    for (const listen of listeners) listen(event);
    if (!timer) timer = setTimeout(flush, 250);
  }

  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
  return {
    page: (name, properties = {}) => send("page", { name, properties: { ...properties, path: location.pathname, url: location.href, title: document.title, referrer: document.referrer } }),
    track: (event, properties = {}) => send("track", { event, properties }),
    identify: (id, traits) => {
      userId = id;
      keep("shop.user", id);
      send("identify", { traits });
    },
    reset: () => {
      userId = null;
      keep("shop.user", null);
      anonymousId = uuid();
      keep("shop.anonymous", anonymousId);
    },
    user: () => userId,
    onSend: (listen) => listeners.push(listen),
    flush,
  };
})();
