import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { IntlProvider } from "react-intl";
import { onSpoken, speak, spokenNow, type Locale } from "./catalogue";

export { LOCALES, type Locale } from "./catalogue";

const Context = createContext<{ locale: Locale; setLocale: (locale: Locale) => void }>({ locale: "en", setLocale: () => undefined });

export const useLocale = () => useContext(Context);

/** Dates and numbers follow the browser's region where its language is the chosen one (en-GB, sv-FI). */
const regionOf = (locale: Locale): string => navigator.languages.find((language) => language.startsWith(locale)) ?? (locale === "en" ? "en-GB" : locale);

export function LocaleProvider({ children }: { children: ReactNode }) {
  const { locale, texts } = useSyncExternalStore(onSpoken, spokenNow);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const value = useMemo(() => ({ locale, setLocale: (next: Locale) => void speak(next) }), [locale]);
  return (
    <Context value={value}>
      <IntlProvider locale={regionOf(locale)} messages={texts} defaultLocale="en">
        {children}
      </IntlProvider>
    </Context>
  );
}
