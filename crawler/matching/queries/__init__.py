"""The watch language: from a query to its tree, its checks and its advice."""
