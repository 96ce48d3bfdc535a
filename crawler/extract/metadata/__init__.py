"""Reading an article's metadata: headline, byline, language and address, as the page states them."""
