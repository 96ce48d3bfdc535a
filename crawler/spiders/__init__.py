"""How sources are read and their pages found. Scrapy is used here and in the other edge folders only."""
