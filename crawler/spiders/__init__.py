"""How pages are found. One discovery method a file; Scrapy lives here and in the other edge folders only."""
