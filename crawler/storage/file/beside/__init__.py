"""Files beside the database: the one it replaced, and what is left where one is missing."""
