"""Sources behind one proxy, with exceptions: which address goes through it, and whose fault a failure is."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.tls import TlsSettings
from tests.fakes import FakeSite, Reply, article_page, rss, silent_port
from tests.servers.forward_proxy import ForwardProxy
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings
from watchword.web.ports import find_free_port

LOGIN = "Basic ZGVzazpwQHNz"
SECRETS = ("p@ss", "p%40ss", "ZGVzazpwQHNz")


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy() as opened:
        yield opened


def source(url: str, **facts: object) -> SourceSettings:
    return settings(url, **{"allow_private": False, **facts})


def feed(*links: str) -> Reply:
    return Reply(rss([(link, "") for link in links]), content_type="application/rss+xml")


def moved(to: str) -> Reply:
    return Reply(status=302, headers={"Location": to})


def page(name: str) -> Reply:
    return Reply(article_page(f"Drones over {name}", PROSE, f"{DRONES} It was said of {name}."))


def port_of(site: FakeSite) -> int:
    return int(site.url.rpartition(":")[2])


def by(proxy: ForwardProxy, *, login: bool = False, **fetch: object) -> dict[str, object]:
    url = proxy.url.replace("http://", "http://desk:p%40ss@") if login else proxy.url
    return {"proxy": url, **fetch}


def failure_of(config: Config) -> str:
    return str(rows(config, "SELECT last_failure FROM sources")[0][0])


async def test_all_requests_of_a_source_use_the_proxy_and_the_site_sees_no_proxy_login(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    proxy.ports = {"news.example": port_of(site), "www.news.example": port_of(site)}
    proxy.login = LOGIN
    site.pages["/rss"] = moved("http://www.news.example/feed")
    site.pages["/feed"] = feed("http://news.example/a")
    site.pages["/a"] = page("the quay")
    config = configure(tmp_path, source("http://news.example/rss"), **by(proxy, login=True))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]
    assert [one.target for one in proxy.passed] == [
        "http://news.example/robots.txt",
        "http://news.example/rss",
        "http://www.news.example/robots.txt",
        "http://www.news.example/feed",
        "http://news.example/a",
    ]
    assert all("proxy-authorization" not in asked.headers for asked in site.asked)
    assert len(site.asked) == len(proxy.passed)


async def test_a_site_over_https_is_reached_by_a_tunnel_and_its_certificate_is_verified(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(context)
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    proxy.ports = {"news.example:443": port_of(site), "other.example:443": port_of(site)}
    proxy.login = LOGIN
    site.pages["/rss"] = feed("https://news.example/a")
    site.pages["/a"] = page("the quay")
    config = configure(
        tmp_path,
        source("https://news.example/rss"),
        source("https://other.example/rss", name="other"),
        **by(proxy, login=True),
    ).model_copy(update={"tls": TlsSettings(ca_file=tmp_path / "ca.pem")})

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]
    assert {one.target for one in proxy.passed} == {"news.example:443", "other.example:443"}
    assert all("proxy-authorization" not in asked.headers for asked in site.asked)
    failure = str(rows(config, "SELECT last_failure FROM sources WHERE name = 'other'")[0][0])
    assert "issued for another name" in failure


async def test_exceptions_apply_to_the_host_that_is_actually_requested(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    proxy.ports = {"news.example": port_of(site)}
    proxy.login = LOGIN
    home = site.url.replace("127.0.0.1", "localhost")
    # this name is requested without a proxy, and the target of its redirect with one
    site.pages["/rss"] = moved("http://news.example/feed")
    site.pages["/feed"] = feed("http://news.example/a", "http://news.example/hop")
    # and from the proxy back to a host that is requested directly
    site.pages["/hop"] = moved(f"{home}/b")
    site.pages["/a"] = page("the quay")
    site.pages["/b"] = page("the harbour")
    config = configure(tmp_path, source(f"{home}/rss", allow_private=True), **by(proxy, login=True))

    await crawl(config)

    assert sorted(proxy.targets()) == [f"http://news.example/{one}" for one in ("a", "feed", "hop")]
    assert sorted(site.paths()) == ["/a", "/b", "/feed", "/hop", "/rss"]
    assert all("proxy-authorization" not in asked.headers for asked in site.asked)


@pytest.mark.parametrize(
    ("facts", "no_proxy", "is_asked"),
    [
        ({}, (), True),
        ({"proxy": "none"}, (), False),
        ({}, ("nowhere.invalid",), False),
        ({}, (".invalid",), False),
        ({}, ("*",), False),
        ({}, ("nowhere.invalid:8080",), True),
        ({}, (".nowhere.invalid.example", "invalid"), True),
    ],
)
async def test_each_host_is_reached_as_configured(
    proxy: ForwardProxy,
    tmp_path: Path,
    facts: dict[str, object],
    no_proxy: tuple[str, ...],
    is_asked: bool,
) -> None:
    config = configure(
        tmp_path,
        source("http://nowhere.invalid/rss", **facts),
        **by(proxy, no_proxy=no_proxy),
    )

    await crawl(config)

    assert bool(proxy.passed) is is_asked
    # without a proxy the name is looked up here, where it is unknown
    assert ("cannot be resolved" in failure_of(config)) is not is_asked


async def test_a_sources_own_proxy_wins_and_gets_no_login_of_the_general_one(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    site.pages["/rss"] = feed()
    with ForwardProxy(ports={"news.example": port_of(site)}) as own:
        config = configure(
            tmp_path,
            source("http://news.example/rss", proxy=own.url),
            **by(proxy, login=True, no_proxy=("news.example",)),
        )

        await crawl(config)

        assert proxy.passed == []
        assert own.targets() == ["http://news.example/rss"]
        assert all("proxy-authorization" not in one.headers for one in own.passed)


async def test_a_private_address_is_not_requested_through_the_proxy(
    proxy: ForwardProxy, tmp_path: Path
) -> None:
    config = configure(
        tmp_path,
        source("http://10.1.2.3/rss"),
        source("http://2130706433/rss", name="odd"),
        source("http://[::ffff:169.254.169.254]/latest", name="metadata"),
        **by(proxy),
    )

    await crawl(config)

    assert proxy.passed == []
    assert "private network" in failure_of(config)


async def test_hosts_excepted_from_the_proxy_are_guarded_all_the_same(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    config = configure(
        tmp_path, source(f"{site.url}/rss"), **by(proxy, no_proxy=("127.0.0.0/8", "*"))
    )

    await crawl(config)

    assert site.asked == []
    assert proxy.passed == []
    assert "this machine or a private network" in failure_of(config)


TROUBLES = [
    ("http", "refused", "cannot be reached: the connection was refused"),
    ("https", "refused", "cannot be reached: the connection was refused"),
    ("http", "unknown", "cannot be reached: the host name cannot be resolved"),
    ("https", "unknown", "cannot be reached: the host name cannot be resolved"),
    ("http", "login", "does not accept its login"),
    ("https", "login", "does not accept its login"),
    ("http", "no login", "wants a login"),
    ("https", "no login", "wants a login"),
    ("http", "policy", "does not let us through to news.example: HTTP 403"),
    ("https", "policy", "does not let us through to news.example: HTTP 403"),
    ("http", "gateway", "does not reach news.example: HTTP 503"),
    ("https", "gateway", "does not reach news.example: HTTP 503"),
    ("https", "mute", "hung up without an answer"),
    ("https", "no proxy", "is not a proxy"),
    ("https", "endless", "is not a proxy"),
    ("https", "half", "hung up without an answer"),
]


REFUSALS = {
    "policy": b"HTTP/1.1 403 Forbidden\r\nServer: tinyproxy/1.11\r\nContent-Length: 0\r\n\r\n",
    "mute": b"",
    "endless": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "half": b"HTTP/1.1 200 Connection estab",
    "no proxy": b"220 mail.example ESMTP\r\n\r\n",
}


def break_down(proxy: ForwardProxy, trouble: str) -> dict[str, object]:
    """Make a proxy fail in the given way; return the settings that use it."""
    fetch = by(proxy, login=trouble != "no login")
    if trouble in {"refused", "unknown"}:
        place = "proxy.invalid:3128" if trouble == "unknown" else f"127.0.0.1:{find_free_port()}"
        fetch["proxy"] = f"http://desk:p%40ss@{place}"
    if "login" in trouble:
        proxy.login = "Basic another"
    if trouble in REFUSALS:
        proxy.refuses["news.example"] = REFUSALS[trouble]
    return fetch


@pytest.mark.parametrize(("scheme", "trouble", "words"), TROUBLES)
async def test_a_failure_of_the_proxy_is_reported_as_such_and_counts_against_no_site(
    proxy: ForwardProxy, tmp_path: Path, scheme: str, trouble: str, words: str
) -> None:
    fetch = break_down(proxy, trouble)
    config = configure(tmp_path, source(f"{scheme}://news.example/rss"), **fetch)

    await crawl(config)

    failure = failure_of(config)
    assert words in failure
    assert "proxy" in failure
    assert "robots.txt" not in failure
    assert not any(secret in failure for secret in SECRETS)
    assert rows(config, "SELECT count(*) FROM domains WHERE throttled_until IS NOT NULL") == [(0,)]
    assert rows(config, "SELECT count(*) FROM robots") == [(0,)]


async def test_a_503_of_the_site_counts_against_the_site_although_it_comes_through_a_proxy(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    proxy.ports = {"news.example": port_of(site)}
    site.pages["/rss"] = Reply(status=503, headers={"Retry-After": "3600"})
    config = configure(tmp_path, source("http://news.example/rss"), **by(proxy))

    await crawl(config)

    assert rows(config, "SELECT domain FROM domains WHERE throttled_until IS NOT NULL") == [
        ("news.example",)
    ]


async def test_pages_wait_without_counting_a_try_while_the_proxy_is_down(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    proxy.ports = {"pages.example": port_of(site)}
    proxy.login = "Basic another"
    site.put_feed("/rss")
    site.pages["/rss"] = feed("http://pages.example/a", "http://pages.example/b")
    config = configure(
        tmp_path, settings(f"{site.url}/rss"), timeout="20s", **by(proxy, login=True)
    )

    await crawl(config)

    assert rows(config, "SELECT state, attempt_count FROM entries") == [("waiting", 0)] * 2
    # the second page is not requested through a proxy that was down a moment ago
    assert len(proxy.passed) == 1
    reason = str(rows(config, "SELECT reason FROM entries")[0][0])
    assert "does not accept its login" in reason


async def test_robots_txt_is_requested_for_another_source_after_a_broken_proxy(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    site.put_feed("/rss")
    site.put_feed("/other")
    broken = f"http://127.0.0.1:{find_free_port()}"
    config = configure(
        tmp_path,
        settings(f"{site.url}/rss", name="by a broken one", proxy=broken),
        settings(f"{site.url}/other", name="directly"),
    )

    await crawl(config)

    by_name = "SELECT coalesce(last_failure, 'none') FROM sources ORDER BY name"
    ((broken_one,), (direct,)) = rows(config, by_name)
    assert "cannot be reached" in str(broken_one)
    assert direct == "none"


async def test_no_endpoint_is_retired_while_a_proxy_is_down(
    site: FakeSite, proxy: ForwardProxy, tmp_path: Path
) -> None:
    proxy.ports = {"news.example": port_of(site)}
    link = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    home = article_page("The Quay", PROSE).replace(b"<head>", f"<head>{link}".encode())
    site.pages["/"] = Reply(home)
    site.pages["/rss"] = feed("http://news.example/a")
    config = configure(tmp_path, source("http://news.example/", kind="auto"), **by(proxy))
    await crawl(config)
    found = rows(config, "SELECT url, is_active, failure_count FROM endpoints ORDER BY url")

    proxy.login = "Basic another"
    for _ in range(4):
        await crawl(config)

    assert ("http://news.example/rss", 1, 0) in found
    assert "wants a login" in failure_of(config)
    assert rows(config, "SELECT url, is_active, failure_count FROM endpoints ORDER BY url") == found


async def test_a_proxy_is_reached_at_an_ipv6_address(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/rss"] = feed()
    ports = {"news.example": port_of(site)}
    with ForwardProxy(ports=ports, host="::1") as proxy:
        config = configure(
            tmp_path,
            source("http://news.example/rss"),
            source("https://other.example/rss", name="safe"),
            **by(proxy),
        )

        await crawl(config)

        assert {one.target for one in proxy.passed} >= {
            "http://news.example/rss",
            "other.example:443",
        }


async def test_a_proxy_that_accepts_connections_and_never_answers_is_given_up(
    tmp_path: Path,
) -> None:
    with silent_port() as port:
        config = configure(
            tmp_path,
            source("https://news.example/rss"),
            timeout="1s",
            proxy=f"http://127.0.0.1:{port}",
        )

        await crawl(config)

    assert f"asked through the proxy 127.0.0.1:{port}" in failure_of(config)
