"""Feeds and sitemaps: bytes in, entries out."""
