"""Findings about the disk and the database on it."""
