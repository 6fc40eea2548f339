/** Calls once the element is really seen: half of it, or half a screen of it, on a page that is in front. */
export function whenSeen(element: Element, then: () => void): void {
  if (typeof IntersectionObserver !== "function") return then();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting && (entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= innerHeight / 2) && document.visibilityState === "visible") {
          observer.disconnect();
          then();
          return;
        }
      }
    },
    { threshold: [0, 0.1, 0.25, 0.5, 0.75] },
  );
  observer.observe(element);
}
