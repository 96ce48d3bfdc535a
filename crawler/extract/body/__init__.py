"""The body of an article: the paragraphs an editor would call the article."""
