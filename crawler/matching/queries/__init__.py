"""The watch language: parse a query into a tree, test it, and advise the person who writes it."""
