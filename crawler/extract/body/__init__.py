"""Extracting the body: the paragraphs that an editor would call the article."""
