"""Scrapy middlewares around each request: politeness, robots.txt, headers, redirects, and which addresses are refused."""
