import type { Core } from "../core";

/** How far down each page was seen, once per page: in per cent of its height, told when it is left. */
export function scroll(core: Core): void {
  let deepest = 0;
  let path = location.pathname;
  const look = (): void => {
    const height = document.documentElement.scrollHeight;
    if (height) deepest = Math.max(deepest, Math.min(100, Math.round(((scrollY + innerHeight) / height) * 100)));
  };
  const leave = (): void => {
    if (deepest) core.track("Page Scrolled", { depth: deepest, path });
    deepest = 0;
  };
  look();
  core.listen(document, "scroll", look, true);
  core.on("navigate", () => {
    leave();
    path = location.pathname;
    look();
  });
  core.listen(window, "pagehide", leave);
  core.listen(document, "visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
}
