"""Scripts and languages: which one a text is in, which way it runs, and how its letters are compared."""
