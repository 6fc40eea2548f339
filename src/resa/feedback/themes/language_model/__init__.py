"""The hook for a language model that the user brings: any endpoint that speaks OpenAI's chat completions. Never required."""
