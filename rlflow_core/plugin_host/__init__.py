"""Finds, keeps and runs components; the only caller of their code."""
