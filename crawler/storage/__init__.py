"""Storage: SQLite and nothing else. A file for each family of tables, plain SQL, no decisions."""
