"""What a site answers: feeds, sitemaps, section pages, articles and walls. Pure functions."""
