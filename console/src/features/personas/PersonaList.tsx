export function PersonaList() { return null; }
