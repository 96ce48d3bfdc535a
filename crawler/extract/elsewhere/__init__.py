"""Reading texts that a page does not show: they are in its scripts, on further pages, or in the feed."""
