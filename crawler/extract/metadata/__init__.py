"""Metadata of an article: headline, byline, language and address, as the page declares them."""
