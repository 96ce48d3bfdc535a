"""The headers that a browser sends: a source's own go only to its origin, not to frames, trackers or redirects.

Playwright by itself would send them to all of these.
"""

from typing import Any

from crawler.text.web.urls import origin_of


async def keep_at_home(
    *, browser_type_name: str, playwright_request: Any, scrapy_request_data: dict[str, Any]
) -> dict[str, str]:
    """Return the headers of one request of the browser: the source's own if it opens the page itself, else the browser's.

    playwright_request   what the browser is about to request: the page, a frame in it, a script, another page
    scrapy_request_data  ``url`` and ``headers`` of the page we requested
    """
    own: dict[str, str] = scrapy_request_data["headers"].to_unicode_dict()
    theirs: dict[str, str] = dict(await playwright_request.all_headers())
    is_home = origin_of(playwright_request.url) == origin_of(scrapy_request_data["url"])
    if is_home and playwright_request.is_navigation_request():
        return {"user-agent": theirs.get("user-agent", ""), **_lower(own)}
    agent = _lower(own).get("user-agent")
    return {**theirs, "user-agent": agent} if agent and is_home else theirs


def _lower(headers: dict[str, str]) -> dict[str, str]:
    """Return headers with names in lower case, without a proxy's login, which the egress proxy sends (network/egress_proxy.py)."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lower.items() if name != "proxy-authorization"}
