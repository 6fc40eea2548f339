export function PersonaPage() { return null; }
