/** Whether an address may be led to: what the browser itself makes of it decides, not how it is written. */
function scheme(url: string): string {
  try {
    return new URL(url, document.baseURI).protocol;
  } catch {
    return "";
  }
}

export function safeLink(url: string): boolean {
  return ["http:", "https:", "mailto:", "tel:"].includes(scheme(url));
}

export function safePicture(url: string): boolean {
  return ["http:", "https:"].includes(scheme(url));
}

/** An address on this very site, or null. */
export function ownAddress(url: string): URL | null {
  try {
    const found = new URL(url, document.baseURI);
    return found.origin === location.origin ? found : null;
  } catch {
    return null;
  }
}
