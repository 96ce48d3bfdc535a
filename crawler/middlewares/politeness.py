"""One budget for each registrable domain, shared by every source, page and sub-domain of it."""

from urllib.parse import urlsplit

from scrapy import Request

from crawler.text.urls import registrable_domain


class Politeness:
    """Puts requests of one registrable domain into one download slot, which paces them."""

    def process_request(self, request: Request) -> None:
        """Name the slot; a redirect to another domain gets that domain's."""
        host = urlsplit(request.url).hostname or ""
        request.meta["download_slot"] = registrable_domain(request.url) or host
