import { useRows, useSaved, useShelfChange } from "./shelf";

export interface Colours {
  primary: string;
  /** null: black or white, whichever reads better. */
  on_primary: string | null;
  text: string;
  background: string;
  surface: string;
  accent: string;
}

export interface Brand {
  name: string;
  description: string;
  logo: string | null;
  logo_mail: string | null;
  colours: Colours;
  fonts: { heading: string; body: string };
  tone: string;
  promise: string;
  website: string;
  address: string;
  review: string | null;
}

const PATH = "/api/brands";
/** The one that is used where no other is named. */
export const DEFAULT_BRAND = "default";

const SYSTEM = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

export const blankBrand = (name: string): Brand => ({
  name,
  description: "",
  logo: null,
  logo_mail: null,
  colours: { primary: "#14665a", on_primary: null, text: "#1c2120", background: "#ffffff", surface: "#f4f4f1", accent: "#a83e05" },
  fonts: { heading: SYSTEM, body: SYSTEM },
  tone: "",
  promise: "",
  website: "",
  address: "",
  review: null,
});

export const useBrands = () => useRows<{ key: string; name: string; review_due: boolean; version: number }>(PATH);
export const useBrand = (key: string | null) => useSaved<Brand, { review_due: boolean; css_path: string }>(PATH, key);
export const useBrandChange = () => useShelfChange<Brand>(PATH);
