import { MODELS, type Attribution, type AttributionItem, type Model } from "../../../api/attribution";

/** A model's share of all conversions for one touch; null where the model was not asked. */
export function shareOf(item: AttributionItem, model: Model, conversions: number): number | null {
  const credit = item[model];
  return credit === null || credit === undefined || conversions <= 0 ? null : credit / conversions;
}

export interface Disagreement {
  item: AttributionItem;
  most: Model;
  least: Model;
  high: number;
  low: number;
}

const ENOUGH = 0.05;

/** The touch about which the models differ most, where that is worth a sentence. */
export function disagreementOf(answer: Pick<Attribution, "items" | "conversions">): Disagreement | null {
  let worst: Disagreement | null = null;
  for (const item of answer.items) {
    if (item.kind !== "touch") continue;
    const told = MODELS.flatMap((model) => {
      const share = shareOf(item, model, answer.conversions);
      return share === null ? [] : [{ model, share }];
    }).sort((a, b) => a.share - b.share);
    const [least, most] = [told[0], told.at(-1)];
    if (!least || !most || most.share - least.share < ENOUGH) continue;
    if (!worst || most.share - least.share > worst.high - worst.low) worst = { item, most: most.model, least: least.model, high: most.share, low: least.share };
  }
  return worst;
}
