"""What a process owns: the writer, the parse pool, the rules in force, and the configuration put into the database."""
