"""The tables of the first migration, one module per subject; released migrations are never edited."""
