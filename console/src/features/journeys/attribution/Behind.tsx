import { useAttributionPeople, type AttributionBody, type AttributionFigure } from "../../../api/attribution";
import type { LensQuery } from "../../../api/journeys";
import { PeopleOf } from "../../../questions/PeopleDrawer";

/** The customers behind a figure of attribution. */
export function Behind({ body, lens, of, title, close }: { body: AttributionBody; lens: LensQuery; of: AttributionFigure; title: string; close: () => void }) {
  const people = useAttributionPeople(body, lens, of);
  return <PeopleOf title={title} people={people} lens={lens} close={close} />;
}
