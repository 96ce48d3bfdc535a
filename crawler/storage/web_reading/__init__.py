"""Queries of the web pages that tables alone do not answer, a module a page. Reads only."""
