"""Pages of watches and stories over HTTP: state, mutes, comparisons, marks, and tables in the reader's zone."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from crawler.storage.file.database import transaction
from crawler.storage.mail.mutes import Mute, save_mute
from tests.flows.web.opening import open_pages
from tests.newsroom import ARTICLE, BODY, Newsroom, make_story
from watchword.web.access.admission import Admission

pytestmark = pytest.mark.slow

CONFIG = """timezone = "Asia/Kathmandu"
[[watch]]
name = "drones"
query = "drone"

[[source]]
name = "courier"
url = "http://courier.example/rss"
"""


@pytest.fixture
def newsroom(database: sqlite3.Connection, rules: Rules, config: Config) -> Newsroom:
    config.store.path.with_name("w.toml").write_text(CONFIG)
    return Newsroom(database, rules)


@pytest.fixture
def pages(newsroom: Newsroom, config: Config) -> Iterator[httpx.Client]:
    newsroom.keep(replace(ARTICLE, headline="A drone & a <quay>"))
    newsroom.keep(make_story(2))
    with (
        open_pages(config.store.path, Admission(token="quay")) as url,
        httpx.Client(base_url=url, follow_redirects=True) as client,
    ):
        client.get("/-/auth-token?token=quay")
        yield client


def _mute(newsroom: Newsroom, story_id: int | None = None) -> None:
    with transaction(newsroom.database):
        mute = Mute(watch_id=1, story_id=story_id, until=utc_now() + timedelta(days=3))
        save_mute(newsroom.database, mute, now=utc_now())


def test_the_list_of_watches_says_that_one_is_muted_and_when_it_last_matched(
    pages: httpx.Client, newsroom: Newsroom, config: Config
) -> None:
    before = pages.get("/watches").text
    _mute(newsroom, story_id=1)
    of_story = pages.get("/watches").text
    _mute(newsroom)
    muted = pages.get("/watches").text
    newsroom.database.execute("DELETE FROM mutes")
    path = config.store.path.with_name("w.toml")
    path.write_text(CONFIG.replace('"drone"\n', '"drone"\nmute_until = 2999-01-01\n'))
    by_file, its_page = pages.get("/watches").text, pages.get("/watches/drones").text

    assert 'class="spark"' in before
    assert "<td>never</td>" not in before
    assert ("muted until" in before, "muted until" in of_story) == (False, False)
    assert "muted until" in muted
    assert "muted until 1 Jan 2999" in by_file
    assert "mutes the watch until 1 Jan 2999" in its_page


def test_one_mute_of_several_can_be_ended(pages: httpx.Client, newsroom: Newsroom) -> None:
    _mute(newsroom, story_id=1)
    _mute(newsroom, story_id=2)
    page = pages.get("/watches/drones").text
    token = page.partition('name="csrftoken" value="')[2].partition('"')[0]

    pages.post(
        "/-/do/unmute",
        data={"csrftoken": token, "watch": "drones", "mute": "2", "next": "/watches/drones"},
    )

    assert page.count('aria-label="End this mute"') == 2
    assert 'name="mute" value="2"' in page
    asked = newsroom.database.execute("SELECT kind, arguments FROM requests").fetchall()
    assert [tuple(row) for row in asked] == [("unmute", '{"watch": "drones", "mute": 2}')]


def test_words_of_watches_are_marked_in_a_headline_and_the_rest_of_it_is_text(
    pages: httpx.Client,
) -> None:
    page = pages.get("/articles/1").text

    assert "A <mark>drone</mark> &amp; a &lt;quay&gt;</h1>" in page


def test_a_long_telling_is_compared_when_asked(pages: httpx.Client, newsroom: Newsroom) -> None:
    long = "\n\n".join(f"{BODY} Paragraph {number} said more." for number in range(250))
    for name in ("courier", "gazette"):
        body = long if name == "courier" else f"{long}\n\nZeppelins came too."
        newsroom.keep(
            replace(ARTICLE, url=f"https://{name}.org/long", headline="Long", body=body),
            source=name,
        )
    story, copy = newsroom.database.execute(
        "SELECT story_id, max(id) FROM articles WHERE url LIKE '%/long' GROUP BY story_id HAVING count(*) = 2"
    ).fetchone()

    unasked = pages.get(f"/stories/{story}").text
    asked = pages.get(f"/stories/{story}?compare={copy}")

    assert f"?compare={copy}#compared{copy}" in unasked
    assert "<ins>Zeppelins came too.</ins>" not in unasked
    assert "<ins>Zeppelins came too.</ins>" in asked.text
    assert len(asked.content) < 100_000
    assert pages.get(f"/stories/{story}?compare=x{'9' * 30}").status_code == 200


def test_a_story_of_many_watches_can_be_muted_in_each(
    pages: httpx.Client, newsroom: Newsroom
) -> None:
    with transaction(newsroom.database):
        for number in range(2, 6):
            newsroom.database.execute(
                "INSERT INTO watches (id, name, query, alert) VALUES (?, ?, 'drone', 'now')",
                [number, f"watch {number}"],
            )
            newsroom.database.execute(
                """INSERT INTO matches (watch_id, revision_id, article_id, story_id, matched_at, terms, hit_count, in_headline,
                       snippet, snippet_marks, score)
                   SELECT ?, revision_id, article_id, story_id, matched_at, terms, hit_count, in_headline, snippet,
                       snippet_marks, score FROM matches WHERE story_id = 1 AND watch_id = 1""",
                [number],
            )

    page = pages.get("/stories/1").text

    assert "Mute in it" in page
    assert all(f"<option>watch {number}</option>" in page for number in range(2, 6))


def test_a_search_says_that_a_text_was_changed_since(
    pages: httpx.Client, newsroom: Newsroom
) -> None:
    newsroom.keep(
        replace(ARTICLE, headline="A drone & a <quay>", body=BODY.replace("pilot", "keeper"))
    )

    assert "in an earlier text" in pages.get("/search?q=pilot").text
    assert "in an earlier text" not in pages.get("/search?q=keeper").text


def test_tables_are_in_the_zone_of_the_reader_and_known_in_capitals(
    pages: httpx.Client,
) -> None:
    assert "UTC+05:45</time>" in pages.get("/watchword/articles").text
    led = pages.get("/watchword/Watches/1", follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (301, "/watchword/watches/1")
    assert pages.get("/watchword/Articles").status_code == 200
