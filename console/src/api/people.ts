import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { LensQuery } from "./journeys";

export interface Person {
  profile: string;
  name: string | null;
  email: string | null;
  first_time: string;
  last_time: string;
  events: number;
  simulated: boolean;
}

export interface PeoplePage {
  total: number;
  items: Person[];
  next: string | null;
}

/** The people behind one figure of a journey: `cell` is stage:, touchpoint:, next: or dropped: and a key. */
export const usePeople = (journey: string, cell: string, lens: LensQuery) =>
  useInfiniteQuery({
    queryKey: ["people", journey, cell, lens],
    queryFn: ({ pageParam, signal }) =>
      get<PeoplePage>(
        `/api/journeys/${journey}/people`,
        { cell, from: lens.from, to: lens.to, channel: lens.channel, simulated: lens.simulated, population: lens.population, limit: 50, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled: cell !== "",
  });
