/** The parts of building a survey, in the order one goes through them. */
export const PARTS = ["questions", "look", "who", "launch"] as const;
export type Part = (typeof PARTS)[number];
export const partOf = (text: string | undefined): Part => PARTS.find((one) => one === text) ?? "questions";
