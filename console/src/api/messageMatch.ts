import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "./client";

/** An experience that speaks to those whom a campaign brings, and what the ad promised according to it. */
export interface Kept {
  experience: string;
  placement: string;
  promise: string;
}

/** A campaign and the page it leads to. */
export interface Landing {
  source: string;
  medium: string;
  name: string;
  page: string | null;
  landings: number;
  people: number;
  kept: Kept[];
  waiting: Kept[];
}

export const useMessageMatch = (days: number) =>
  useQuery({ queryKey: ["message-match", days], queryFn: ({ signal }) => get<{ items: Landing[] }>("/api/message-match", { days }, signal), placeholderData: keepPreviousData });
