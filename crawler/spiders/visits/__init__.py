"""Visits: run one by one for each source, and those that are open."""
