"""The database as a file: opening it, owners of tables, the instance lock, faults, and the schema."""
