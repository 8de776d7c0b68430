"""Outputs made by asking models: what is asked, how patiently, and what is kept of it."""
