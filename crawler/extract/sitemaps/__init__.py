"""Reading sitemaps: bytes in, addresses out, new ones first."""
