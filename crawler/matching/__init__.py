"""The watch language: parsing a query, analysing a text, testing one against the other."""
