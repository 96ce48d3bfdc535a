"""Reading texts that are not simply on the page: in scripts, on further pages, in the feed."""
