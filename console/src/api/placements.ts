import type { ContentType } from "./content";
import { useRows, useSaved, useShelfChange } from "./shelf";
import type { Position } from "./siteEditor";

/** A named spot in a channel: what it holds, and what stands there when nothing else fits. */
export interface PlacementBody {
  name: string;
  description: string;
  channel: string;
  types: ContentType[];
  default: string | null;
  selector: string | null;
  position: Position;
  owner: string;
}

export interface PlacementRow {
  key: string;
  name: string;
  channel: string;
  types: ContentType[];
  default: string | null;
  /** What is live there, the most important first. */
  experiences: string[];
  version: number;
}

const PATH = "/api/placements";

export const blankPlacement = (name = ""): PlacementBody => ({ name, description: "", channel: "web", types: [], default: null, selector: null, position: "replace", owner: "" });

export const usePlacements = () => useRows<PlacementRow>(PATH);
export const usePlacement = (key: string | null) => useSaved<PlacementBody>(PATH, key);
export const usePlacementChange = () => useShelfChange<PlacementBody>(PATH, ["decisions"]);
