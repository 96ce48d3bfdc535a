"""The headers of requests: conditional ones and a site's own; and the wait that Retry-After asks for."""

from datetime import timedelta

import pytest
from scrapy import Request

from crawler.middlewares.conditional_get import ConditionalGet
from crawler.middlewares.politeness import read_retry_after
from crawler.middlewares.site_headers import SiteHeaders
from crawler.model.source import SITEMAP_INDEX, Endpoint, EndpointKind, Source, SourceKind
from crawler.text.web.http import read_max_age
from tests.fakes import START, FakeClock


def endpoint(**facts: object) -> Endpoint:
    return Endpoint(id=1, kind=EndpointKind.FEED, url="http://x.org/", **facts)  # type: ignore[arg-type]  # test facts


def test_an_endpoint_is_requested_conditionally_but_read_in_full_once_a_day() -> None:
    clock = FakeClock()
    known = endpoint(etag='"v1"', last_modified="yesterday", read_in_full_at=START)
    young, old = (Request("http://x.org/", meta={"endpoint": known}) for _ in range(2))

    ConditionalGet(clock).process_request(young)
    clock.now += timedelta(hours=25)
    ConditionalGet(clock).process_request(old)

    assert young.headers["If-None-Match"] == b'"v1"'
    assert young.headers["If-Modified-Since"] == b"yesterday"
    assert "If-None-Match" not in old.headers


def test_a_sitemap_index_is_always_read_because_its_children_may_have_changed() -> None:
    index = endpoint(etag='"v1"', read_in_full_at=START, pattern=SITEMAP_INDEX)
    request = Request("http://x.org/", meta={"endpoint": index})

    ConditionalGet(FakeClock()).process_request(request)

    assert "If-None-Match" not in request.headers


def test_a_sites_own_headers_do_not_follow_a_redirect_to_another_site() -> None:
    source = Source(
        id=1, name="x", url="http://x.org/", kind=SourceKind.FEED, headers={"X-Key": "secret", "Cookie": "a=b"}
    )  # fmt: skip
    home = Request("http://x.org/a", meta={"source": source})
    SiteHeaders().process_request(home)
    elsewhere = home.replace(url="http://www.x.org/")

    SiteHeaders().process_request(elsewhere)

    assert home.headers["X-Key"] == b"secret"
    assert not {b"X-Key", b"Cookie"} & set(elsewhere.headers)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (b"120", timedelta(minutes=2)),
        (b"Mon, 23 Nov 2026 11:00:00 GMT", timedelta(hours=1)),
        (b"Mon, 23 Nov 2026 09:00:00 GMT", timedelta(0)),
        (b"99999999999999999999", timedelta(days=115, seconds=64_000)),
        (b"soon", None),
        (b"-5", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    header: bytes | None, wait: timedelta | None
) -> None:
    assert read_retry_after(header, now=START) == wait


@pytest.mark.parametrize(
    ("header", "age"),
    [
        ("max-age=600", timedelta(minutes=10)),
        ("public, max-age=60, s-maxage=10", timedelta(minutes=1)),
        ("no-cache, max-age=600", None),
        ("max-age=0", None),
        (None, None),
    ],
)
def test_cache_control_decides_how_long_an_answer_is_fresh(
    header: str | None, age: timedelta | None
) -> None:
    assert read_max_age(header) == age
