"""The database as a file: opened, owned, locked, and brought to its schema."""
