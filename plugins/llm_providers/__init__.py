"""The built-in llm providers."""
