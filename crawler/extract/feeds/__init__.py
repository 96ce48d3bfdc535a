"""Reading feeds and sitemaps: bytes in, entries out."""
