"""Crawl processes for tests, forked from one that has loaded everything; see ``server``."""
