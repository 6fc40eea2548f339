/** What is captured by itself. The names of the events are those that the friction ledger reads (docs/friction.md). */
import type { Part } from "../../resa";
import type { Core } from "../core";
import { clicks } from "./clicks";
import { errors } from "./errors";
import { forms } from "./forms";
import { scroll } from "./scroll";

export function start(core: Core, parts: Part[]): void {
  const wanted = (part: Part): boolean => parts.indexOf(part) >= 0;
  const told = { click: wanted("click"), rage: wanted("rage"), dead: wanted("dead") };
  if (told.click || told.rage || told.dead) clicks(core, told);
  if (wanted("form")) forms(core);
  if (wanted("error")) errors(core);
  if (wanted("scroll")) scroll(core);
}
