"""Sources, their endpoints and visits, the crawl queue, and what domains said."""
