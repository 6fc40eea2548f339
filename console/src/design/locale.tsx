import { useQuery } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { IntlProvider } from "react-intl";

export const LOCALES = ["en", "sv"] as const;
export type Locale = (typeof LOCALES)[number];

const KEY = "resa.locale";
const CATALOGUES: Record<Locale, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import("../messages/en.json"),
  sv: () => import("../messages/sv.json"),
};

function wanted(): Locale {
  const kept = localStorage.getItem(KEY);
  const choices = [kept, ...navigator.languages.map((language) => language.slice(0, 2))];
  return LOCALES.find((locale) => locale === choices.find((choice) => LOCALES.some((known) => known === choice))) ?? "en";
}

const Context = createContext<{ locale: Locale; setLocale: (locale: Locale) => void }>({ locale: "en", setLocale: () => undefined });

export const useLocale = () => useContext(Context);

/** Dates and numbers follow the browser's region where its language is the chosen one (en-GB, sv-FI). */
const regionOf = (locale: Locale): string => navigator.languages.find((language) => language.startsWith(locale)) ?? (locale === "en" ? "en-GB" : locale);

export function LocaleProvider({ children }: { children: ReactNode }) {
  const [locale, setState] = useState<Locale>(wanted);
  const { data } = useQuery({ queryKey: ["catalogue", locale], queryFn: async () => (await CATALOGUES[locale]()).default, staleTime: Infinity, gcTime: Infinity });
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const value = useMemo(
    () => ({
      locale,
      setLocale: (next: Locale) => {
        localStorage.setItem(KEY, next);
        setState(next);
      },
    }),
    [locale],
  );
  if (!data) return null;
  return (
    <Context value={value}>
      <IntlProvider locale={regionOf(locale)} messages={data} defaultLocale="en">
        {children}
      </IntlProvider>
    </Context>
  );
}
