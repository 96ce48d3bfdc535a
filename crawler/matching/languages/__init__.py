"""What each language needs to have its words found: a stemmer, a dictionary, and the forms that neither knows."""
