import pytest
from scrapy import Request

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.errors import AddressRefused
from crawler.flows.process.private_hosts import allow_private_hosts
from crawler.middlewares.network.address_guard import AddressGuard, is_inside
from crawler.model.source import Source, SourceKind


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "168.63.129.16", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1",
        "fec0::1", "fd00::1", "ff02::1",
    ],
)  # fmt: skip
def test_private_addresses_are_recognised(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111"])
def test_public_addresses_are_let_through(address: str) -> None:
    assert not is_inside(address)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x.org/", "data:text/html,x"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match="only http and https"):
        AddressGuard().process_request(Request(url))


def source(**facts: object) -> Source:
    return Source(id=1, name="x", **{"url": "http://x.org/", "kind": SourceKind.FEED, **facts})  # type: ignore[arg-type]  # test facts


def test_a_host_opened_for_one_source_is_closed_to_the_others() -> None:
    intranet = SourceSettings(name="x", url="http://wiki.corp/rss", allow_private=True)
    allow_private_hosts(Config(sources=(intranet,)))
    own = source(url="http://wiki.corp/rss", allow_private=True)

    AddressGuard().process_request(Request("http://wiki.corp/a", meta={"source": own}))
    with pytest.raises(AddressRefused, match="may not use it"):
        AddressGuard().process_request(Request("http://wiki.corp/a", meta={"source": source()}))
    allow_private_hosts(Config())


@pytest.mark.parametrize("port", [22, 25, 6379, 11211, 81])
def test_ports_other_than_those_of_the_web_are_refused(port: int) -> None:
    request = Request(f"http://x.org:{port}/a", meta={"source": source()})

    with pytest.raises(AddressRefused, match=f"port {port}"):
        AddressGuard().process_request(request)


def test_the_port_a_sources_address_names_is_open_to_it_on_that_host_alone() -> None:
    own = source(url="http://x.org:8123/rss")

    AddressGuard().process_request(Request("http://x.org:8123/a", meta={"source": own}))
    with pytest.raises(AddressRefused, match="port 8123"):
        AddressGuard().process_request(Request("http://y.org:8123/a", meta={"source": own}))


LITERALS = ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00::1]", "localhost", "localhost.", "a.localhost"]  # fmt: skip


@pytest.mark.parametrize("host", LITERALS)
@pytest.mark.parametrize("facts", [{}, {"proxy": "http://proxy.example:8080"}, {"allow_private": True}])  # fmt: skip
def test_a_literal_private_address_is_refused_before_anything_is_requested(
    host: str, facts: dict[str, object]
) -> None:
    request = Request(f"http://{host}/", meta={"source": source(**facts)})

    with pytest.raises(AddressRefused, match="allow_private = true"):
        AddressGuard().process_request(request)


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:4700::1111]", "x.org", "localhost.org"])
def test_a_literal_public_address_is_let_through(host: str) -> None:
    AddressGuard().process_request(Request(f"http://{host}/", meta={"source": source()}))


@pytest.mark.parametrize("host", ["wiki.corp.", "WIKI.corp"])
def test_a_closed_host_is_closed_under_every_spelling(host: str) -> None:
    allow_private_hosts(
        Config(sources=(SourceSettings(name="x", url="http://wiki.corp/", allow_private=True),))
    )

    with pytest.raises(AddressRefused, match="may not use it"):
        AddressGuard().process_request(Request(f"http://{host}/a", meta={"source": source()}))
    allow_private_hosts(Config())
