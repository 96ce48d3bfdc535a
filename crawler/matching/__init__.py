"""Matching watches with texts: parsing a query, analysing a text, testing one against the other. Pure."""
