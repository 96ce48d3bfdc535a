"""Extraction: bytes in, feed entries or an article out. It is pure: no file, socket, clock or database is used here."""
