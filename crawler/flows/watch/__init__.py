"""From an article to matches: the key index, matching the past, and rejections."""
