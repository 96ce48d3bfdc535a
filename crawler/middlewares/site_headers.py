"""A source's own headers, cookies, credentials and proxy: for its site alone, whatever redirects lead to."""

from scrapy import Request

from crawler.model.source import Source
from crawler.text.urls import is_same_site


class SiteHeaders:
    """Adds what a source is configured with, and takes it away again where a redirect leaves the site."""

    def process_request(self, request: Request) -> None:
        """Set or remove headers and proxy."""
        source = request.meta.get("source")
        if not isinstance(source, Source):
            return
        is_home = is_same_site(request.url, source.url)
        for name, value in source.headers.items():
            if is_home:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)
        if source.proxy:
            request.meta["proxy"] = source.proxy
