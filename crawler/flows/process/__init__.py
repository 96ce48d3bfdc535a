"""The services a process owns: writer, parse pool, rules; and writing the configuration into the database."""
