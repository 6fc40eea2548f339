import type { Event } from "../../resa";
import { asking } from "./decide";
import { json, parsed } from "./json";
import { complain, on, state } from "./state";
import { maySend } from "./store";

type Use = (offers: any, core: any) => void;

/** Asks whether a survey is due: on each page, and after events that one follows. Only then its add-on is loaded. */
export function followSurveys(load: (use: Use) => unknown): void {
  let watched: string[] = [];
  let tracked: string[] = [];
  let sent: string[] = [];
  let loaded = false;
  let places: Record<string, string> = {};
  let later: unknown = 0;
  /** The placements of surveys that this page has now. */
  const here = (): string[] =>
    Object.keys(places).filter((key) => {
      try {
        return document.querySelector(places[key]!);
      } catch {
        return false; // no selector of this browser's
      }
    });
  const look = (): void => {
    if (watched.some((name) => sent.indexOf(name) >= 0)) setTimeout(ask, 1000); // the server has to see what it follows first
    if (watched.length) sent = [];
  };
  const ask = async (): Promise<void> => {
    try {
      if (!maySend()) return;
      const told = here();
      const got = await fetch(`${state.host}/v1/surveys/due?key=${encodeURIComponent(state.key)}`, { method: "POST", body: json({ ...asking(), placements: told }), credentials: "omit" });
      const said = parsed(await got.text()) as { survey?: object; events?: string[]; places?: Record<string, string> } | null;
      watched = (said && said.events) || [];
      places = (said && said.places) || {};
      look();
      if (said && said.survey) {
        loaded = true;
        load((offers, core) => offers.show(core, said.survey));
      } else if (here().some((key) => told.indexOf(key) < 0)) void ask();
      else if (!later && Object.keys(places).length > told.length) later = setTimeout(() => here().length > told.length && ask(), 1500);
    } catch (error) {
      complain("surveys", error);
    }
  };
  on("navigate", () => {
    later = 0;
    if (loaded) load((offers) => offers.leave());
    void ask();
  });
  on("event", (event: Event) => {
    if (event.event) tracked.push(event.event);
  });
  on("delivered", () => {
    sent = sent.concat(tracked).slice(-99);
    tracked = [];
    look();
  });
  void ask();
}
