"""Exports: a selection of labels becomes a checked file that a trainer loads."""
