"""Pages before they are articles: split ones joined, and those that cannot be read set aside with the reason."""
