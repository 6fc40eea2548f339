/** What a language is called in the reader's own. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code; // no language code at all, as an event may say
  }
}
