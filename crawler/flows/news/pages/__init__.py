"""Pages before they are articles: split ones are joined, and unreadable ones set aside with the reason."""
