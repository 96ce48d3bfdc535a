"""Crawl processes for tests, forked from a server that has loaded everything; see ``server``."""
