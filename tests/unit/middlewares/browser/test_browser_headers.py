"""Headers of a rendering browser: a source's own headers go only to the requested page's origin."""

import pytest
from scrapy.http.headers import Headers

from crawler.middlewares.browser.browser_headers import keep_at_home


class Wanted:
    """Stands in for playwright's request, which needs a browser."""

    def __init__(self, url: str, *, opens_page: bool) -> None:
        self.url = url
        self._opens_page = opens_page

    def is_navigation_request(self) -> bool:
        return self._opens_page

    async def all_headers(self) -> dict[str, str]:
        return {"user-agent": "Chrome", "accept": "*/*"}


@pytest.mark.parametrize(
    ("url", "opens_page", "is_sent"),
    [
        ("https://x.org/a", True, True),
        ("https://x.org:443/login", True, True),
        ("https://x.org/script.js", False, False),
        ("https://ads.example/frame", True, False),
        ("https://www.x.org/a", True, False),
        ("http://x.org/a", True, False),
        ("https://x.org:8443/a", True, False),
        ("about:blank", True, False),
        ("data:text/html,x", True, False),
    ],
)
async def test_headers_go_to_the_page_itself(url: str, opens_page: bool, is_sent: bool) -> None:
    facts = {
        "url": "https://x.org/a",
        "headers": Headers(
            {
                "Authorization": "Basic x",
                "User-Agent": "Watchword",
                "Proxy-Authorization": "Basic p",
            }
        ),
    }

    sent = await keep_at_home(
        browser_type_name="chromium",
        playwright_request=Wanted(url, opens_page=opens_page),
        scrapy_request_data=facts,
    )

    assert (sent.get("authorization") == "Basic x") == is_sent
    assert not {"Authorization", "User-Agent"} & sent.keys()
    assert "proxy-authorization" not in {name.lower() for name in sent}
