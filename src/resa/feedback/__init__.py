"""What customers and employees say: surveys and their answers, comments understood, loops closed (docs/surveys.md)."""
