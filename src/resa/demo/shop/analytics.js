// How the shop's pages speak to the browser SDK (docs/sdk.md); where that could not be loaded they sell all the same.
"use strict";
const analytics = (() => {
  const { resa } = window;
  return {
    page: (name, properties) => resa?.page(name, properties),
    track: (event, properties) => resa?.track(event, properties),
    identify: (id, traits) => resa?.identify(id, traits),
    reset: () => resa?.reset(),
    flag: async (key) => Boolean(resa && (await resa.flags()).on(key)),
    user: () => resa?.user().userId ?? null,
    onSend: (listen) => resa?.on("event", listen),
  };
})();
