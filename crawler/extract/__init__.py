"""Extraction: bytes in, feed entries or an article out. Pure: no file, socket, clock or database is used here."""
