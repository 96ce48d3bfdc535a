"""Many owners under one registrable domain: secrets, throttling and links of one do not affect the others."""

from pathlib import Path

import pytest
from scrapy import Request

from crawler.config.sections.sources import SourceSettings
from crawler.middlewares.site_headers import SiteHeaders
from crawler.model.source import Source, SourceKind
from crawler.text.web.urls import is_same_site
from tests.fakes import FakeSite, Reply, article_page, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

HOUR = 3600
SECRETS = {
    "headers": {"X-Key": "only-for-alice", "user-agent": "alices reader"},
    "cookies": {"sid": "s3cret"},
    "username": "alice",
    "password": "pass",
}
SIGNS = ("only-for-alice", "s3cret", "Basic", "alices reader")


def feed(*links: str) -> Reply:
    return Reply(rss([(link, "") for link in links]), content_type="application/rss+xml")


def page(name: str) -> Reply:
    return Reply(article_page(f"Drones over {name}", PROSE, f"{DRONES} It was said of {name}."))


def moved(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": to})


def by_proxy(site: FakeSite, url: str, **facts: object) -> SourceSettings:
    return settings(url, proxy=site.url, allow_private=False, **facts)


def leaks(site: FakeSite, *, home: str) -> list[str]:
    """Return the addresses outside an origin that were requested with a secret."""
    return [
        asked.path
        for asked in site.asked
        if not asked.path.startswith(f"{home}/")
        and any(sign in value for sign in SIGNS for value in asked.headers.values())
    ]


STRANGERS = [
    pytest.param("http://mallory.github.io/x", id="another owner under one suffix"),
    pytest.param("http://www.alice.github.io/x", id="www of the same host"),
    pytest.param("http://sub.alice.github.io/x", id="a host below"),
    pytest.param("http://github.io/x", id="the host above"),
    pytest.param("http://alice.github.io:8080/x", id="another port"),
    pytest.param("http://alice.github.io.evil.example/x", id="a host that begins alike"),
    pytest.param("http://evil.example/http://alice.github.io/x", id="the host in a path"),
    pytest.param("http://alice.github.io@evil.example/x", id="the host as a login"),
]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_secrets_are_sent_only_to_their_exact_origin(
    site: FakeSite, tmp_path: Path, stranger: str
) -> None:
    home, bare = "http://alice.github.io", stranger.replace("alice.github.io@", "")
    site.pages[f"{home}/rss"] = moved(f"{home}/feed")
    site.pages[f"{home}/feed"] = feed(f"{home}/a", f"{home}/hop", bare)
    site.pages[f"{home}/a"] = page("alice")
    site.pages[f"{home}/hop"] = moved(stranger)
    site.pages[bare] = page("mallory")

    await crawl(configure(tmp_path, by_proxy(site, f"{home}/rss", **SECRETS)))

    assert bare in site.paths()
    assert leaks(site, home=home) == []
    at_home = [asked for asked in site.asked if asked.path.startswith(f"{home}/")]
    assert len(at_home) == 5  # robots.txt is requested with them too
    for asked in at_home:
        assert asked.headers["x-key"] == "only-for-alice"
        assert asked.headers["cookie"] == "sid=s3cret"
        assert asked.headers["authorization"] == "Basic YWxpY2U6cGFzcw=="
        assert asked.headers["user-agent"] == "alices reader"


async def test_a_chain_of_redirects_carries_secrets_only_where_it_returns_to_their_origin(
    site: FakeSite, tmp_path: Path
) -> None:
    home = "http://alice.github.io"
    site.pages[f"{home}/rss"] = moved("http://mallory.github.io/hop")
    site.pages["http://mallory.github.io/hop"] = moved(f"{home}/feed")
    site.pages[f"{home}/feed"] = feed()

    await crawl(configure(tmp_path, by_proxy(site, f"{home}/rss", **SECRETS)))

    assert leaks(site, home=home) == []
    last = next(asked for asked in site.asked if asked.path == f"{home}/feed")
    assert last.headers["x-key"] == "only-for-alice"


async def test_further_hosts_get_secrets_only_where_the_configuration_allows_it(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["http://feeds.x.org/rss"] = feed(
        "http://www.x.org/a", "http://www.x.org:8080/a", "http://cdn.x.org/a"
    )
    for host in ("www.x.org", "www.x.org:8080", "cdn.x.org"):
        site.pages[f"http://{host}/a"] = page(host)
    source = by_proxy(
        site, "http://feeds.x.org/rss", headers_for=["http://www.x.org", "cdn.x.org"], **SECRETS
    )

    await crawl(configure(tmp_path, source))

    with_key = {asked.path for asked in site.asked if "x-key" in asked.headers}
    # a bare name means https: nothing goes to it in the clear
    assert with_key == {
        "http://feeds.x.org/robots.txt",
        "http://feeds.x.org/rss",
        "http://www.x.org/robots.txt",
        "http://www.x.org/a",
    }


async def test_a_refusal_for_lack_of_the_login_explains_how_to_send_it(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["http://x.org/rss"] = moved("http://www.x.org/rss")
    site.pages["http://www.x.org/rss"] = Reply(status=401)
    config = configure(tmp_path, by_proxy(site, "http://x.org/rss", **SECRETS))

    await crawl(config)

    failure = str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert failure.startswith("HTTP 401: a login is required")
    assert 'headers_for = ["http://www.x.org"]' in failure


async def test_the_login_of_a_proxy_is_sent_only_to_the_proxy(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["http://news.example/rss"] = feed("http://other.example/a")
    site.pages["http://other.example/a"] = page("other")
    proxy = site.url.replace("http://", "http://desk:p%40ss@")
    config = configure(
        tmp_path, settings("http://news.example/rss", proxy=proxy, allow_private=False)
    )

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]
    for asked in site.asked:
        assert asked.headers["proxy-authorization"] == "Basic ZGVzazpwQHNz"
        assert "authorization" not in asked.headers


async def test_only_the_host_that_asked_for_a_pause_is_left_alone(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["http://carol.substack.com/rss"] = Reply(
        status=503, headers={"Retry-After": str(24 * HOUR)}
    )
    site.pages["http://dave.substack.com/rss"] = feed("http://dave.substack.com/a")
    site.pages["http://dave.substack.com/a"] = page("dave")
    config = configure(
        tmp_path,
        by_proxy(site, "http://carol.substack.com/rss", name="carol"),
        by_proxy(site, "http://dave.substack.com/rss", name="dave"),
    )

    await crawl(config)
    await crawl(config)

    asked = site.paths()
    assert asked.count("http://carol.substack.com/rss") == 1
    assert asked.count("http://dave.substack.com/rss") == 2
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]
    quiet = rows(config, "SELECT domain, throttle_reason FROM domains")
    assert quiet[0][0] == "carol.substack.com"
    assert str(quiet[0][1]).startswith("carol.substack.com answered HTTP 503")


async def test_a_single_overloaded_page_waits_alone(site: FakeSite, tmp_path: Path) -> None:
    """The other pages are read in the same visit, and it is not requested again before its time."""
    base = "http://news.example"
    site.pages[f"{base}/rss"] = feed(f"{base}/slow", f"{base}/b", f"{base}/c")
    site.pages[f"{base}/slow"] = Reply(status=503, headers={"Retry-After": str(HOUR)})
    site.pages[f"{base}/b"], site.pages[f"{base}/c"] = page("b"), page("c")
    config = configure(tmp_path, by_proxy(site, f"{base}/rss"), per_domain={"concurrency": 1, "delay": "0s"})  # fmt: skip

    await crawl(config)
    await crawl(config)

    # an hour is too long to wait for the page: the text of its feed causes the alert
    assert rows(config, "SELECT from_feed IS NULL, count(*) FROM revisions GROUP BY 1") == [(0, 1), (1, 2)]  # fmt: skip
    assert rows(config, "SELECT count(*) FROM domains") == [(0,)]
    assert site.paths().count(f"{base}/slow") == 1
    assert site.paths().count(f"{base}/rss") == 2


@pytest.mark.parametrize("status", [429, 503])
async def test_two_overloaded_pages_or_one_429_throttle_their_host(
    site: FakeSite, tmp_path: Path, status: int
) -> None:
    base, other = "http://news.example", "http://img.news.example"
    refusal = Reply(status=status, headers={"Retry-After": str(HOUR)})
    site.pages[f"{base}/rss"] = feed(*(f"{base}/{n}" for n in range(6)), f"{other}/a")
    for number in range(6):
        site.pages[f"{base}/{number}"] = refusal
    site.pages[f"{other}/a"] = page("other")
    config = configure(tmp_path, by_proxy(site, f"{base}/rss"), per_domain={"concurrency": 1, "delay": "0s"})  # fmt: skip

    await crawl(config)

    pages = [path for path in site.paths() if path[len(base) + 1 :].isdecimal()]
    assert len(pages) == (1 if status == 429 else 2)
    # what waited in the same budget for another host continued
    assert rows(config, "SELECT count(*) FROM revisions WHERE from_feed IS NULL") == [(1,)]
    assert rows(config, "SELECT domain FROM domains") == [("news.example",)]


async def test_links_to_a_neighbour_are_not_read_from_a_section(
    site: FakeSite, tmp_path: Path
) -> None:
    base = "http://erin.blogspot.com"
    own = [f"{base}/2026/11/a-story-of-erin-number-{n}.html" for n in range(4)]
    theirs = [f"http://frank.blogspot.com/2026/11/a-story-of-frank-{n}.html" for n in range(4)]
    links = "".join(
        f"<h2><a href='{link}'>A headline of some words {n}</a></h2>"
        for n, link in enumerate([*own, *theirs])
    )
    site.pages[f"{base}/"] = Reply(f"<html><body><main>{links}</main></body></html>".encode())
    config = configure(tmp_path, by_proxy(site, f"{base}/", kind="section", backfill="0s"))

    await crawl(config)

    assert {str(row[0]) for row in rows(config, "SELECT url FROM entries")} == set(own)


async def test_a_login_in_a_link_or_redirect_is_neither_used_nor_kept(
    site: FakeSite, tmp_path: Path
) -> None:
    base = "http://news.example"
    site.pages[f"{base}/rss"] = moved("http://u:hidden1@news.example/feed")
    site.pages[f"{base}/feed"] = feed(
        "http://u:hidden2@news.example/a", "http://v:hidden3@other.example/b"
    )
    site.pages[f"{base}/a"], site.pages["http://other.example/b"] = page("a"), page("b")
    config = configure(tmp_path, by_proxy(site, f"{base}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(2,)]
    assert not [asked for asked in site.asked if "authorization" in asked.headers]
    assert not [asked for asked in site.asked if "hidden" in str(asked)]
    kept = "SELECT announced_url || url FROM entries UNION ALL SELECT url FROM articles"
    assert "hidden" not in str(rows(config, kept))


@pytest.mark.parametrize(
    ("url", "asked_as"),
    [
        ("http://münchen.example/rss", "http://xn--mnchen-3ya.example/rss"),
        ("http://MEMBERS.example:80/rss", "http://members.example:80/rss"),
        ("http://members.example./rss", "http://members.example./rss"),
        ("http://members.example:8080/rss", "http://members.example:8080/rss"),
    ],
)
async def test_an_origin_is_recognised_in_every_spelling(
    site: FakeSite, tmp_path: Path, url: str, asked_as: str
) -> None:
    site.default = feed()

    await crawl(configure(tmp_path, by_proxy(site, url, **SECRETS)))

    last = site.asked[-1]
    assert last.path.lower() == asked_as
    assert last.headers["x-key"] == "only-for-alice"


def test_hosts_under_a_shared_domain_are_not_the_same_site() -> None:
    apart = ("github.io", "blogspot.com", "substack.com", "wordpress.com", "netlify.app", "altervista.org", "co.uk")  # fmt: skip
    for suffix in apart:
        assert not is_same_site(f"http://alice.{suffix}/", f"http://mallory.{suffix}/x")
        assert is_same_site(f"http://alice.{suffix}/", f"https://www.alice.{suffix}:8080/x")
        assert is_same_site(f"http://{suffix}/", f"https://www.{suffix}/") or suffix == "co.uk"
    assert is_same_site("http://feeds.bbc.co.uk/", "http://www.bbc.co.uk/")
    assert not is_same_site("http://[::1]/", "http://[::2]/")
    assert not is_same_site("http://10.0.0.1/", "http://10.0.0.2/")
    assert not is_same_site("nonsense", "nonsense")


@pytest.mark.parametrize(
    ("home", "asked", "is_sent"),
    [
        ("http://x.org/rss", "https://x.org/rss", True),
        ("http://x.org:80/rss", "https://x.org:443/rss", True),
        ("https://x.org/rss", "http://x.org/rss", False),
        ("http://x.org:8080/rss", "https://x.org/rss", False),
        ("http://x.org:8080/rss", "https://x.org:8080/rss", False),
        ("http://x.org/rss", "https://x.org:8443/rss", False),
        ("http://x.org/rss", "https://www.x.org/rss", False),
        ("http://[2001:db8::1]/rss", "https://[2001:db8::1]/rss", True),
        ("http://[2001:db8::1]:81/rss", "https://[2001:db8::1]/rss", False),
    ],
)
def test_what_goes_to_a_host_in_the_clear_may_go_there_encrypted(
    home: str, asked: str, is_sent: bool
) -> None:
    source = Source(id=1, name="x", url=home, kind=SourceKind.FEED, headers={"X-Key": "k"})
    request = Request(asked, meta={"source": source})

    SiteHeaders().process_request(request)

    assert ("X-Key" in request.headers) is is_sent
