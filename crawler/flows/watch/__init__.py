"""From an article to matches: the key index, the past, and what was rejected."""
