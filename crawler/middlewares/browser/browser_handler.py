"""The download handler if a source needs a browser: playwright fetches rendered pages, our own handler all others."""

from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.middlewares.download.download_handler import BoundedHandler


class BrowserHandler(ScrapyPlaywrightDownloadHandler, BoundedHandler):  # type: ignore[misc]  # it has no types
    """Playwright's handler, which passes on to ours what it does not render."""
