"""Texts that are not simply in the page: in scripts, on further pages, in the feed."""
