"""Values as they are shown: plots, queries in words, citations, files, kept pages. Nothing here reads the database."""
