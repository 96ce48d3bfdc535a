"""SQLite and nothing else: one file a table family, plain SQL, no decisions."""
