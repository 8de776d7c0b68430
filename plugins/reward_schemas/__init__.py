"""The built-in reward schemas."""
