"""From a feed to the stored, matched article, measured beside bare Scrapy and a script of an afternoon: ``python -m bench.endtoend``."""
