"""Chains of redirects: cookies that live as long as the chain, and pages that only redirect."""

from pathlib import Path

import pytest

from tests.fakes import Asked, FakeSite, Reply, article_page, rss
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

PAGE = article_page("Ferry Leaves Late", PROSE, DRONES)
REFRESH = '<meta http-equiv="refresh" content="0;url={}">'


def redirect(where: str, *cookies: str, status: int = 302) -> Reply:
    lines = "\r\nSet-Cookie: ".join(cookies)
    return Reply(status=status, headers={"Location": where, **({"Set-Cookie": lines} if lines else {})})  # fmt: skip


async def read(site: FakeSite, folder: Path, *paths: str) -> list[str]:
    """Crawl a feed of these paths; return the outcome of each, in order."""
    feed = rss([(f"{site.url}{path}", "") for path in paths])
    # under the headlines of the pages: only a wall shows one text at many addresses
    site.pages["/rss"] = Reply(feed.replace(b"<title>Entry", b"<title>Ferry Leaves Late"))
    config = configure(folder, settings(f"{site.url}/rss"))
    await crawl(config)
    return [str(row[0]) for row in rows(config, "SELECT coalesce(reason, state) FROM entries ORDER BY id")]  # fmt: skip


async def test_a_cookie_is_sent_back_within_its_chain_and_forgotten_at_its_end(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    body = rss([(f"{site.url}/a", "")])

    def feed(asked: Asked) -> Reply:
        return Reply(body) if "seen=1" in asked.headers.get("cookie", "") else redirect("/rss", "seen=1; Path=/")  # fmt: skip

    site.pages["/rss"] = feed
    site.pages["/a"] = Reply(PAGE)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)
    await crawl(config)

    asked = [
        (one.path, one.headers.get("cookie")) for one in site.asked if one.path != "/robots.txt"
    ]
    assert asked == [("/rss", None), ("/rss", "seen=1"), ("/a", None), ("/rss", None), ("/rss", "seen=1")]  # fmt: skip
    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]


async def test_cookies_follow_the_rules_of_browsers(site: FakeSite, tmp_path: Path) -> None:
    port = site.url.rpartition(":")[2]
    set_here = (
        "plain=1",
        "path=1; Path=/deep",
        "secure=1; Secure; Path=/",
        "__Host-x=1; Path=/",
        "other=1; Domain=example.com; Path=/",
        "wide=1; Domain=com; Path=/",
        "old=1; Max-Age=0; Path=/",
        "long=" + "a" * 5000,
        "=nameless",
    )
    site.pages["/start"] = redirect("/deep/one", *set_here)
    site.pages["/deep/one"] = redirect("/two", "second=2; Path=/", "plain=9; Path=/")
    site.pages["/two"] = redirect(f"http://localhost:{port}/three")
    site.pages["/three"] = redirect(f"http://127.0.0.1:{port}/end")
    site.pages["/end"] = Reply(PAGE)
    site.put_feed("/rss", "/start")
    config = configure(
        tmp_path,
        settings(f"{site.url}/rss"),
        settings(f"http://localhost:{port}/none", name="opens localhost"),
    )

    await crawl(config)

    sent = {one.path: set(filter(None, one.headers.get("cookie", "").split("; "))) for one in site.asked}  # fmt: skip
    assert sent["/deep/one"] == {"plain=1", "path=1"}
    assert sent["/two"] == sent["/end"] == {"plain=9", "second=2"}
    assert sent["/three"] == set()


async def test_a_sources_own_cookie_is_sent_with_those_of_the_chain(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    site.pages["/rss"] = redirect("/two", "lent=1; Path=/", "own=new; Path=/")
    site.pages["/two"] = redirect("/three")
    site.pages["/three"] = Reply(rss([]))
    config = configure(
        tmp_path, settings(f"{site.url}/rss", headers={"Cookie": "own=old; login=me"})
    )

    await crawl(config)

    sent = {one.path: one.headers.get("cookie") for one in site.asked}
    assert sent["/rss"] == "own=old; login=me"
    assert sent["/two"] == sent["/three"] == "login=me; lent=1; own=new"


async def test_endless_cookies_are_limited(site: FakeSite, tmp_path: Path) -> None:
    many = tuple(f"c{number}={'v' * 900}" for number in range(200))
    for number in range(4):
        site.pages[f"/{number}"] = redirect(f"/{number + 1}", *(f"{number}{one}; Path=/" for one in many))  # fmt: skip
    site.pages["/4"] = Reply(PAGE)

    said = await read(site, tmp_path, "/0")

    sent = [len(one.headers.get("cookie", "")) for one in site.asked]
    assert said == ["fetched"]
    assert 10_000 < max(sent) < 17_000


async def test_five_redirects_are_followed_and_one_more_is_tried_again_later(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    for number in range(6):
        site.pages[f"/five{number}"] = redirect(f"/five{number + 1}")
        site.pages[f"/six{number}"] = redirect(f"/six{number + 1}")
    site.pages["/five5"] = site.pages["/six6"] = Reply(PAGE)
    site.pages["/loop"] = Reply(REFRESH.format("/pool").encode())
    site.pages["/pool"] = redirect("/loop")

    said = await read(site, tmp_path, "/five0", "/six0", "/loop")

    assert said[0] == "fetched"
    assert all(word.startswith("it redirects too often, at last from http://") for word in said[1:])
    assert len([path for path in site.paths() if path in {"/loop", "/pool"}]) == 6
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    assert rows(config, "SELECT state FROM entries WHERE reason IS NOT NULL") == [("waiting",)] * 2


LEADING_ON = (
    REFRESH,
    "<META CONTENT='3; URL=\"{}\"' HTTP-EQUIV=Refresh><p>You are being taken on. Please wait.",
    "<html><head><noscript><meta http-equiv='refresh' content='0; {}'></noscript></head></html>",
    "<script>location.replace('{}')</script>",
    '<script>window.opener = null;\nwindow.location.href = "{}";</script>',
    "<title>Moved</title><script>setTimeout(function () {{ document.location = '{}' }}, 500)</script>",
    "<?xml version='1.0'?><!DOCTYPE html><html><head><meta http-equiv='refresh' content='1;URL={}'/></head></html>",
    "<body onload=\"window.location.href='{}'\">wait</body>",
    "<script>var to = '{}'; window.location.replace(to);</script>",
    '<script>const to = "{}"\nlocation.href = to</script>',
    "<html><frameset rows='100%,*'><frame src='{}'><frame src='about:blank'></frameset></html>",
    "<?xml version='1.0'?><redirect><newLocation>{}</newLocation></redirect>",
    "<body onload=\"\"><script type='text/javascript'><!--\ntop.location.assign('{}');\n//--></script>",
)
STAYING = (
    '<meta http-equiv="refresh" content="300">',
    "<meta http-equiv=\"refresh\" content=\"0;url=javascript:go('{}')\">",
    '<meta http-equiv="refresh" content="60;url={}">',
    "<!-- " + REFRESH + " -->",
    "<script>if (window.top != window.self) top.location = '{}'</script>",
    "<script>location.href = '{}' + id</script>",
    "<script>location.href = '{}'; location.href = '/other'</script>",
    "<script>var to = '{}'; to = '/other'; location = to;</script>",
    "<html><frameset cols='20%,*'><frame src='/menu'><frame src='{}'></frameset></html>",
    "<script>var page = {{}}; page.location = '{}'</script>",
)  # fmt: skip


async def test_pages_that_only_redirect_are_followed_and_others_are_not(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    for number, markup in enumerate((*LEADING_ON, *STAYING)):
        site.pages[f"/{number}"] = Reply(markup.format(f"/a{number}").encode())
        site.pages[f"/a{number}"] = Reply(article_page(f"Ferry {number}", f"{number} {PROSE}", DRONES))  # fmt: skip
    site.pages["/header"] = Reply(b"wait", headers={"Refresh": "0; url=/aheader"})
    site.pages["/aheader"] = Reply(article_page("Ferry Header", f"Header {PROSE}", DRONES))
    count = len(LEADING_ON) + len(STAYING)

    said = await read(site, tmp_path, *(f"/{number}" for number in range(count)), "/header")

    followed = [word == "fetched" for word in said]
    assert followed == [True] * len(LEADING_ON) + [False] * len(STAYING) + [True]
    assert not {f"/a{number}" for number in range(len(LEADING_ON), count)} & set(site.paths())


async def test_a_page_that_sets_a_cookie_and_reloads_itself_is_requested_once_more(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    gate = Reply(b'<meta http-equiv="refresh" content="0">Checking', headers={"Set-Cookie": "ok=1"})
    site.pages["/a"] = lambda asked: Reply(PAGE) if "ok=1" in asked.headers.get("cookie", "") else gate  # fmt: skip
    site.pages["/never"] = gate

    said = await read(site, tmp_path, "/a", "/never")

    assert said[0] == "fetched"
    assert said[1] != "fetched"
    assert site.paths().count("/never") == 2


async def test_a_cookie_for_the_requested_address_itself_is_kept(site: FakeSite, tmp_path: Path) -> None:  # fmt: skip
    again = redirect("/a", "mine=1; Domain=127.0.0.1", "part=1; Domain=0.0.1", "other=1; Domain=127.0.0.2")  # fmt: skip
    site.pages["/a"] = lambda asked: Reply(PAGE) if asked.headers.get("cookie") == "mine=1" else again  # fmt: skip

    assert await read(site, tmp_path, "/a") == ["fetched"]


async def test_an_article_that_redirects_is_still_an_article(
    site: FakeSite, tmp_path: Path
) -> None:
    head = REFRESH.format("/next").encode() + b"<script>location.href='/next'</script></head>"
    site.pages["/a"] = Reply(PAGE.replace(b"</head>", head).replace(PROSE.encode(), 9 * PROSE.encode()))  # fmt: skip

    said = await read(site, tmp_path, "/a")

    assert said == ["fetched"]
    assert "/next" not in site.paths()


async def test_a_feed_is_read_where_a_page_redirects_to_it(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/old"] = Reply(REFRESH.format("rss").encode())
    site.put_feed("/rss", "/a")
    site.pages["/a"] = Reply(PAGE)
    config = configure(tmp_path, settings(f"{site.url}/old"))

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [(None,)]
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("http://10.1.2.3/rss", "an address of this machine or a private network"),
        ("http://10.1.2.3/rss", "(it redirects to http://10.1.2.3/rss)"),
        ("/shut/rss", "its pages stay unread then too (it redirects to http://127.0.0.1"),
        ("http://x.invalid/rss", "cannot be resolved"),
        ("ftp://x.example/rss", "it leads on to ftp://x.example/rss"),
        ("data:text/html,x", "it leads on to data:text/html,x"),
    ],
)
async def test_the_failure_of_a_redirect_that_cannot_be_followed_names_its_target(
    site: FakeSite, tmp_path: Path, where: str, words: str
) -> None:
    site.pages["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /shut", content_type="text/plain")
    site.pages["/old"] = Reply(b"<!doctype html>" + REFRESH.format(where).encode())
    site.pages["/shut/rss"] = Reply(rss([]))
    config = configure(tmp_path, settings(f"{site.url}/old"))

    await crawl(config)

    assert words in str(rows(config, "SELECT last_failure FROM sources")[0][0])
    assert "/shut/rss" not in site.paths()
