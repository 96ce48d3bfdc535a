"""The bundled newspaper over real HTTP: what each address answers, and when that changes."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

import feedparser
import pytest

from tests.fakes import FakeClock
from watchword.demo.newspaper import Newspaper, Outlet

COURIER, GAZETTE = 0, 1
LATE = "lighthouse-drone"
# announced in the feeds, but no articles: a shell that answers 200, and an address that answers 404
TRAPS = {"live-ticker": 200, "withdrawn": 404}


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    body: bytes
    headers: Message


def ask(url: str, method: str = "GET", **headers: str) -> Got:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return Got(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Got(error.code, error.read(), error.headers)


def send(port: int | None, request: str) -> bytes:
    """Send a request line as it is, and return the whole answer without its Date header."""
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as reader:
        reader.sendall(f"{request} HTTP/1.0\r\n\r\n".encode())
        lines = reader.makefile("rb").readlines()
    return b"".join(line for line in lines if not line.startswith(b"Date:"))


def announced(outlet: Outlet) -> dict[str, feedparser.FeedParserDict]:
    """Return what the feed announces, by slug."""
    entries = feedparser.parse(ask(outlet.feed_url).body).entries
    return {urlsplit(entry.link).path[len("/news/") : -len(".html")]: entry for entry in entries}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def paper(clock: FakeClock) -> Iterator[Newspaper]:
    with Newspaper(clock=clock) as newspaper:
        yield newspaper


@pytest.mark.parametrize("number", [COURIER, GAZETTE])
def test_a_home_page_names_its_feed_and_links_every_article(paper: Newspaper, number: int) -> None:
    outlet = paper.outlets[number]

    home = ask(outlet.home_url).body.decode()

    assert f'href="{urlsplit(outlet.feed_url).path}"' in home
    for slug in announced(outlet).keys() - TRAPS.keys():
        assert f"/news/{slug}.html" in home


@pytest.mark.parametrize(("number", "version"), [(COURIER, "rss20"), (GAZETTE, "atom10")])
def test_both_feeds_are_read_without_complaint(paper: Newspaper, number: int, version: str) -> None:
    feed = feedparser.parse(ask(paper.outlets[number].feed_url).body)

    assert (feed.version, feed.bozo) == (version, False)
    assert len(feed.entries) >= 6
    assert all(entry.title and entry.published_parsed for entry in feed.entries)


@pytest.mark.parametrize("number", [COURIER, GAZETTE])
def test_every_announced_address_answers_as_intended(
    paper: Newspaper, clock: FakeClock, number: int
) -> None:
    clock.advance(seconds=60)

    entries = announced(paper.outlets[number])
    answers = {slug: ask(entry.link) for slug, entry in entries.items()}

    assert {slug: got.status for slug, got in answers.items()} == {
        slug: TRAPS.get(slug, 200) for slug in entries
    }
    assert {got.headers["Content-Type"] for got in answers.values()} == {"text/html; charset=utf-8"}


def test_robots_may_read_everything(paper: Newspaper) -> None:
    robots = ask(f"{paper.outlets[COURIER].home_url}robots.txt")

    assert robots.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert robots.body.split() == [b"User-agent:", b"*", b"Allow:", b"/"]


def test_the_late_article_comes_out_at_its_moment_and_not_before(
    paper: Newspaper, clock: FakeClock
) -> None:
    gazette = paper.outlets[GAZETTE]
    page = f"{gazette.home_url}news/{LATE}.html"

    clock.advance(seconds=13.9)
    early = LATE in announced(gazette), ask(page).status
    clock.advance(seconds=0.1)
    on_time = LATE in announced(gazette), ask(page).status

    assert (early, on_time) == ((False, 404), (True, 200))


def test_an_edit_changes_the_page_and_its_date_in_the_feed(
    paper: Newspaper, clock: FakeClock
) -> None:
    courier = paper.outlets[COURIER]

    before = announced(courier)["ferry-timetable"]
    page_before = ask(before.link).body
    clock.advance(seconds=20)
    after = announced(courier)["ferry-timetable"]

    assert after.updated > before.updated
    assert after.published == before.published
    assert len(ask(after.link).body) > len(page_before)


def test_pace_stretches_what_happens(clock: FakeClock) -> None:
    with Newspaper(clock=clock, pace=10) as paper:
        clock.advance(seconds=139)
        early = LATE in announced(paper.outlets[GAZETTE])
        clock.advance(seconds=1)
        on_time = LATE in announced(paper.outlets[GAZETTE])

    assert (early, on_time) == (False, True)


# the late article comes out after 14 s, the library is edited after 17
@pytest.mark.parametrize(
    ("path", "seconds"), [("", 14), ("atom.xml", 14), ("news/library-hours.html", 17)]
)
def test_a_reader_with_the_current_version_gets_304_by_tag_or_by_date(
    paper: Newspaper, clock: FakeClock, path: str, seconds: float
) -> None:
    url = f"{paper.outlets[GAZETTE].home_url}{path}"
    had = ask(url).headers
    tag, date = had["ETag"], had["Last-Modified"]

    at_once = (
        ask(url, If_None_Match=tag),
        ask(url, If_None_Match=f'"other", W/{tag}'),
        ask(url, If_Modified_Since=date),
    )
    clock.advance(seconds=seconds)
    changed = ask(url, If_None_Match=tag), ask(url, If_Modified_Since=date)

    assert [(got.status, got.body) for got in at_once] == [(304, b"")] * 3
    assert [got.status for got in changed] == [200, 200]


def test_a_tag_outweighs_a_date(paper: Newspaper) -> None:
    url, future = paper.outlets[COURIER].feed_url, "Fri, 01 Jan 2100 00:00:00 GMT"

    got = ask(url, If_None_Match='"what stood here once"', If_Modified_Since=future)

    assert got.status == 200


@pytest.mark.parametrize("since", ["", "yesterday", "Mon, 99 Nov 2026 10:00:00 GMT", "1"])
def test_an_unreadable_date_gets_the_whole_answer(paper: Newspaper, since: str) -> None:
    assert ask(paper.outlets[COURIER].feed_url, If_Modified_Since=since).status == 200


def test_head_returns_the_headers_of_get_and_no_body(paper: Newspaper) -> None:
    url = urlsplit(paper.outlets[GAZETTE].feed_url)

    # by hand: urllib would discard a body
    head, whole = send(url.port, f"HEAD {url.path}"), send(url.port, f"GET {url.path}")

    assert b"200 OK" in head
    assert head.endswith(b"\r\n\r\n")
    assert whole.startswith(head)


@pytest.mark.parametrize("path", ["/tags/ferry", "/news/", "/news/../../x", "http://[/", "/%00"])
def test_an_unknown_or_odd_address_answers_404_and_logs_nothing(
    paper: Newspaper, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    port = urlsplit(paper.outlets[COURIER].home_url).port

    answer = send(port, f"GET {path}")

    assert answer.split()[1] == b"404"
    assert b"Not found" in answer
    assert capfd.readouterr() == ("", "")


def fail_with(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "is_shown"), [(BrokenPipeError(), False), (KeyError("fault of ours"), True)]
)
def test_a_reader_who_hangs_up_leaves_no_traceback_and_a_fault_does(
    paper: Newspaper, capfd: pytest.CaptureFixture[str], error: Exception, is_shown: bool
) -> None:
    # called directly: over a socket it happens in a server thread, at a moment no test can wait for
    server = paper._servers["courier"]

    try:
        fail_with(error)
    except (BrokenPipeError, KeyError):
        server.handle_error(None, ("127.0.0.1", 1))

    assert ("Traceback" in capfd.readouterr().err) is is_shown


def test_a_newspaper_that_was_never_started_can_be_stopped(clock: FakeClock) -> None:
    paper = Newspaper(clock=clock)
    home_url = paper.outlets[COURIER].home_url

    paper.stop()

    with pytest.raises(urllib.error.URLError):
        ask(home_url)
