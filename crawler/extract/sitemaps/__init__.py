"""Sitemaps: bytes in, addresses out, the right ones first."""
