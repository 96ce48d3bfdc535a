"""The commands that copy the database and put a copy back."""
