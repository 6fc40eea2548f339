import type { Experiment } from "../../../api/experiments";
import { Guide } from "./Guide";

/** An experiment that has not been started: where its author left it. */
export function Draft({ experiment }: { experiment: Experiment }) {
  return <Guide experiment={experiment} start={experiment.body} />;
}
