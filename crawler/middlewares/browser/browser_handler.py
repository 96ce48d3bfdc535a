"""The download handler where pages are opened in a browser: rendered ones by playwright, all others as ever."""

from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.middlewares.download.download_handler import BoundedHandler


class BrowserHandler(ScrapyPlaywrightDownloadHandler, BoundedHandler):  # type: ignore[misc]  # it has no types
    """Playwright's handler before ours: what it does not render it passes on."""
