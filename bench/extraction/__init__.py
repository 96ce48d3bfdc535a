"""Measures how well pages are understood, compared with other libraries."""
