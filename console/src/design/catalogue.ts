/** The texts of the language spoken: the first ones, and those of every room that was opened. See texts.config.ts. */

export const LOCALES = ["en", "sv"] as const;
export type Locale = (typeof LOCALES)[number];
export type Texts = Record<string, string>;

type Loaders = Record<Locale, () => Promise<{ default: Texts }>>;

const KEY = "resa.locale";
const rooms = new Map<string, Loaders>();
const listeners = new Set<() => void>();
let spoken: { locale: Locale; texts: Texts } = { locale: wanted(), texts: {} };

function wanted(): Locale {
  if (typeof localStorage === "undefined") return "en"; // tests of logic have no browser
  const choices = [localStorage.getItem(KEY), ...navigator.languages.map((language) => language.slice(0, 2))];
  return LOCALES.find((locale) => locale === choices.find((choice) => LOCALES.some((known) => known === choice))) ?? "en";
}

function tell(next: typeof spoken): void {
  spoken = next;
  for (const listener of listeners) listener();
}

/** Learn a room's texts in the language spoken now; in another one as soon as that is chosen. */
export async function learn(room: string, loaders: Loaders): Promise<void> {
  rooms.set(room, loaders);
  const { locale } = spoken;
  const { default: texts } = await loaders[locale]();
  if (locale === spoken.locale) tell({ locale, texts: { ...spoken.texts, ...texts } });
}

/** Speak another language from now on, in this browser. */
export async function speak(locale: Locale): Promise<void> {
  localStorage.setItem(KEY, locale);
  const loaded = await Promise.all([...rooms.values()].map((loaders) => loaders[locale]()));
  tell({ locale, texts: Object.assign({}, ...loaded.map((one) => one.default)) as Texts });
}

export const spokenNow = (): typeof spoken => spoken;

export function onSpoken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
