"""The watch language: parsing a query to a tree, testing it, and advising who writes it."""
