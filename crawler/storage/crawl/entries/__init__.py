"""Entries, their kept pages, and tries of pages that could not be read."""
