"""The database migrations of RLFlow."""
