"""robots.txt and a configured feed: it is obeyed, the setting against that is named, and it always applies to pages."""

from pathlib import Path

import pytest

from crawler.extract.navigation.robots import decode_robots, read_robots
from tests.fakes import Answer, FakeSite, Reply, article_page, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings
from tests.unit.cli.source.test_source_cli import Shell
from watchword.probe import find_shortfall

FORBID_ALL = b"User-agent: *\nDisallow: /\n"


def text(body: bytes, status: int = 200) -> Reply:
    return Reply(body, status, content_type="text/plain")


@pytest.fixture
def closed(site: FakeSite) -> FakeSite:
    """Return a site that forbids robots everything and offers a feed."""
    site.pages["/robots.txt"] = text(FORBID_ALL)
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    return site


async def test_robots_txt_is_obeyed_and_the_remedy_is_explained(
    closed: FakeSite, tmp_path: Path
) -> None:
    config = configure(tmp_path, settings(f"{closed.url}/rss"))

    await crawl(config)

    assert closed.paths() == []
    failure = str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert failure.startswith(
        f"robots.txt of {closed.url[7:]} does not allow robots at this address"
    )
    assert 'robots = "ignore"' in failure


async def test_with_permission_the_configured_feed_is_read_and_its_pages_never(
    closed: FakeSite, tmp_path: Path
) -> None:
    config = configure(tmp_path, settings(f"{closed.url}/rss", robots="ignore"))

    await crawl(config)

    assert closed.paths() == ["/rss"]
    assert rows(config, "SELECT health FROM sources") == [("ok",)]
    state, reason = rows(config, "SELECT state, reason FROM entries")[0]
    assert state == "failed"
    assert "robots.txt" in str(reason)
    assert "ignore" not in str(reason)


async def test_a_feed_with_permission_is_followed_where_it_moved(
    closed: FakeSite, tmp_path: Path
) -> None:
    closed.pages["/rss"] = Reply(status=301, headers={"Location": "/feed"})
    closed.put_feed("/feed", "/a")
    config = configure(tmp_path, settings(f"{closed.url}/rss", robots="ignore"))

    await crawl(config)

    assert closed.paths() == ["/rss", "/feed"]


async def test_a_feed_that_only_a_page_names_has_no_permission(
    closed: FakeSite, tmp_path: Path
) -> None:
    head = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    closed.pages["/"] = Reply(f"<html><head>{head}</head><body>x</body></html>".encode())
    config = configure(tmp_path, settings(f"{closed.url}/", robots="ignore"))

    await crawl(config)

    assert closed.paths() == ["/"]


@pytest.mark.parametrize("kind", ["auto", "sitemap", "section", "page"])
def test_the_permission_is_for_feeds_only(kind: str) -> None:
    with pytest.raises(ValueError, match='is for feeds alone; set `kind = "feed"`'):
        settings("http://x.org/", kind=kind, robots="ignore")


def moved(to: str) -> Reply:
    return Reply(status=302, headers={"Location": to})


PAGE = b"<!doctype html><html><body>User-agent news<br>Disallow nothing</body></html>"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(PAGE), id="a page"),
        pytest.param(moved("/login"), id="redirect to a login"),
        pytest.param(moved("/robots.txt"), id="redirect to itself"),
        pytest.param(text(b""), id="empty"),
        pytest.param(text(b"\xef\xbb\xbf"), id="a mark alone"),
        pytest.param(text(b"", 401), id="401"),
        pytest.param(text(FORBID_ALL, 403), id="403"),
        pytest.param(text(FORBID_ALL, 410), id="410"),
        pytest.param(text(b"", 204), id="204"),
        pytest.param(text(b"\xef\xbb\xbfUser-agent: *\nDisallow: /private\n"), id="UTF-8 with a mark"),
        pytest.param(text("User-agent: *\r\nDisallow: /private\r\n".encode("utf-16")), id="UTF-16"),
        pytest.param(text(b"Disallow: /\n"), id="a rule for nobody"),
        pytest.param(text(b"User-agent: GPTBot\nDisallow: /\n"), id="a rule for another"),
        pytest.param(text(b"User-agent: *\nDisallow:\n"), id="nothing forbidden"),
        pytest.param(text(b"User-agent: *\nDisallow: /\nAllow: /rss\nAllow: /a\n"), id="allowed more fully"),
    ],
)  # fmt: skip
async def test_a_robots_txt_without_rules_allows_everything(
    site: FakeSite, tmp_path: Path, reply: Reply
) -> None:
    site.pages["/robots.txt"], site.pages["/login"] = reply, Reply(PAGE)
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_rules_are_read_in_any_charset(name: str) -> None:
    body = "User-agent: *\r\nDisallow: /geheim\r\n".encode(name)

    robots = read_robots(decode_robots(body), origin="http://x.org", agent="Watchword")

    assert not robots.allows("http://x.org/geheim/1")
    assert robots.allows("http://x.org/offen")


async def test_the_robots_txt_of_another_host_is_requested_there(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["http://feeds.x.org/rss"] = Reply(
        rss([("http://www.x.org/a", ""), ("http://www.x.org/b", "")])
    )
    site.pages["http://www.x.org/robots.txt"] = text(b"User-agent: *\nDisallow: /b\n")
    for name in "ab":
        site.pages[f"http://www.x.org/{name}"] = Reply(article_page("Ferry", PROSE, DRONES))
    source = settings("http://feeds.x.org/rss", proxy=site.url, allow_private=False)
    config = configure(tmp_path, source)

    await crawl(config)

    assert rows(config, "SELECT url, reason FROM entries WHERE state = 'failed'") == [
        ("http://www.x.org/b", "robots.txt of www.x.org does not allow robots at this address")
    ]


def test_a_forbidden_feed_is_reported_by_test_show_list_and_doctor(
    closed: FakeSite, tmp_path: Path
) -> None:
    shell = Shell(tmp_path)
    address = (f"{closed.url}/rss", "--kind", "feed", "--allow-private")

    tried = shell.run("source", "test", *address, code=1)
    shell.run("source", "add", *address, "--name", "closed", "--untested")
    shell.run("source", "remove", "courier")
    shell.run("source", "remove", "gazette")
    shell.run("crawl", code=4)
    shown = shell.run("source", "show", "closed"), shell.run("source", "list"), shell.run("doctor", code=3)  # fmt: skip
    with_leave = shell.run("source", "test", *address, "--ignore-robots")

    for output in (tried, *shown):
        words = " ".join(output.split())
        assert "does not allow robots at this address" in words
        assert 'robots = "ignore"' in words
    assert "robots   read, no crawl-delay; it does not allow robots at this address" in tried
    assert f"feed {closed.url}/rss (1 entry)" in with_leave
    assert (
        "it does not allow robots at this address, which is read with your permission"
        in " ".join(with_leave.split())
    )


@pytest.mark.parametrize(
    ("found_count", "note", "is_short"),
    [
        (0, "12 entries without an address", True),
        (0, "one entry could not be read", True),
        (3, "12 entries without an address", False),
        (0, "", False),
        (0, "the address is a page; the feed it names was read: http://x.org/", False),
    ],
)
def test_entries_without_a_usable_one_are_a_failure(
    found_count: int, note: str, is_short: bool
) -> None:
    said = find_shortfall(found_count, note)

    assert (said is not None) == is_short
    assert not said or note in said


@pytest.mark.parametrize("answer", [Reply(status=500), b""])
async def test_a_robots_txt_that_cannot_be_read_names_the_remedy(
    site: FakeSite, tmp_path: Path, answer: Answer
) -> None:
    site.pages["/robots.txt"] = answer
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    failure = str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert failure.startswith("robots.txt")
    assert 'set robots = "ignore"' in failure


async def test_a_robots_txt_that_redirects_endlessly_counts_as_missing(
    site: FakeSite, tmp_path: Path
) -> None:
    """RFC 9309, 2.3.1.2."""
    site.pages["/robots.txt"] = Reply(status=302, headers={"Location": "/robots.txt"})
    site.put_feed("/rss")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]
