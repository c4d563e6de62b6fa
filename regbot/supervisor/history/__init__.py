"""Runs that were, kept in SQLite."""
