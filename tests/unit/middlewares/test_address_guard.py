from datetime import timedelta

import pytest
from scrapy import Request

from crawler.config.schema import Config, SourceSettings
from crawler.errors import AddressRefused
from crawler.flows.private_hosts import allow_private_hosts
from crawler.middlewares.address_guard import AddressGuard, is_inside
from crawler.middlewares.conditional_get import ConditionalGet
from crawler.middlewares.politeness import Politeness
from crawler.model.source import Source, SourceKind
from tests.fakes import START, FakeClock


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "168.63.129.16", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1",
        "fec0::1", "fd00::1", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_lead_inside_are_known(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert not is_inside(address)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x.org/", "data:text/html,x"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match="only http and https"):
        AddressGuard().process_request(Request(url))


def test_a_host_opened_for_one_source_is_closed_to_the_others() -> None:
    intranet = SourceSettings(name="x", url="http://wiki.corp/rss", allow_private=True)
    allow_private_hosts(Config(sources=(intranet,)))

    AddressGuard().process_request(Request("http://wiki.corp/a", meta={"allow_private": True}))
    with pytest.raises(AddressRefused, match="may not use it"):
        AddressGuard().process_request(Request("http://wiki.corp/a"))
    allow_private_hosts(Config())


def source(**facts: object) -> Source:
    return Source(id=1, name="x", url="http://x.org/", kind=SourceKind.FEED, **facts)  # type: ignore[arg-type]  # test facts


def test_a_source_is_asked_whether_it_changed_but_read_in_full_once_a_day() -> None:
    clock = FakeClock()
    known = source(etag='"v1"', last_modified="yesterday", read_in_full_at=START)
    young, old = (Request("http://x.org/", meta={"source": known}) for _ in range(2))

    ConditionalGet(clock).process_request(young)
    clock.now += timedelta(hours=25)
    ConditionalGet(clock).process_request(old)

    assert young.headers["If-None-Match"] == b'"v1"'
    assert young.headers["If-Modified-Since"] == b"yesterday"
    assert "If-None-Match" not in old.headers


def test_sub_domains_share_one_budget() -> None:
    requests = [Request(f"http://{host}.news.co.uk/") for host in ("feeds", "www")]

    for request in requests:
        Politeness().process_request(request)

    assert {request.meta["download_slot"] for request in requests} == {"news.co.uk"}
