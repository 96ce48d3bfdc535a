"""Our pages over HTTP: addresses that lead on, the kept page, files, and what they say in empty and bad times."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from crawler.storage.crawl.entries.pages import pack_body, save_page
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.news.stories import merge_stories, split_story
from tests.fakes import START
from tests.flows.web.opening import open_pages
from tests.newsroom import ARTICLE, Newsroom, make_story
from watchword.web.access.admission import Admission

pytestmark = pytest.mark.slow

CONFIG = '[[watch]]\nname = "drones"\nquery = "drone"\n\n[[source]]\nname = "courier"\nurl = "http://courier.example/rss"\n'
EVIL = b"""<html><head><meta http-equiv="refresh" content="0; url=http://evil.example/"></head>
<body><script>document.title = "ran"</script><p>K\xc3\xa4pt</p><img src="http://evil.example/x.png"></body></html>"""


@pytest.fixture
def newsroom(database: sqlite3.Connection, rules: Rules, config: Config) -> Newsroom:
    config.store.path.with_name("w.toml").write_text(CONFIG)
    return Newsroom(database, rules)


@pytest.fixture
def pages(newsroom: Newsroom, config: Config) -> Iterator[httpx.Client]:
    newsroom.keep(ARTICLE)
    newsroom.keep(make_story(2))
    with open_pages(config.store.path, Admission()) as url, httpx.Client(base_url=url) as client:
        yield client


def test_addresses_of_joined_stories_and_of_earlier_mails_lead_on(
    pages: httpx.Client, newsroom: Newsroom
) -> None:
    with transaction(newsroom.database):
        merge_stories(newsroom.database, 1, [2], reason="same words", now=START)

    for path, place in (
        ("/stories/2", "/stories/1"),
        ("/watchword/articles/1", "/articles/1"),
        ("/watchword/stories/1", "/stories/1"),
    ):
        answer = pages.get(path)
        assert (answer.status_code, answer.headers["location"]) == (301, place)
    assert pages.get("/stories/99").status_code == 404
    assert pages.get("/articles/99").status_code == 404
    assert pages.get("/watches/none").status_code == 404
    assert pages.get("/sources/none").status_code == 404


def test_an_article_says_what_is_so_now(pages: httpx.Client, newsroom: Newsroom) -> None:
    newsroom.keep(
        replace(ARTICLE, url="https://gazette.org/b", headline="A copy"), source="gazette"
    )
    copy = newsroom.database.execute("SELECT max(id) FROM articles").fetchone()[0]
    assert "A copy: it shares 100%" in pages.get(f"/articles/{copy}").text
    with transaction(newsroom.database):
        split_story(newsroom.database, 1, [copy], now=START)
    assert "A copy:" not in pages.get(f"/articles/{copy}").text

    dated = "UPDATE articles SET published_at = first_seen_at, published_precision = 'minute', published_origin = ? WHERE id = 1"
    newsroom.database.execute(dated, ["feed"])
    assert "stated in the feed, to the minute" in pages.get("/articles/1").text
    newsroom.database.execute("UPDATE articles SET withdrawn_at = first_seen_at WHERE id = 1")
    assert "/stories/1" not in pages.get("/articles/1").text
    withdrawn = pages.get("/stories/1")
    assert (withdrawn.status_code, "was withdrawn" in withdrawn.text) == (404, True)


def test_a_long_text_is_cut_and_says_so(pages: httpx.Client, newsroom: Newsroom) -> None:
    text = "\n\n".join(["\u30c9\u30ed\u30fc\u30f3 drone" * 200] * 120)
    newsroom.database.execute("UPDATE revisions SET body = ? WHERE id = 1", [text])

    page = pages.get("/articles/1")

    assert len(page.content) < 130_000
    assert "The text goes on" in page.text
    newsroom.database.execute(
        "UPDATE revisions SET diff = ? WHERE id = 1", ["{+" + "new word " * 500 + "+}"]
    )
    story = pages.get("/stories/1").text
    assert "{+" not in story
    assert "<ins>new word" in story


def test_a_kept_page_runs_and_loads_nothing(pages: httpx.Client, newsroom: Newsroom) -> None:
    assert pages.get("/articles/1/kept").status_code == 404
    page = replace(
        newsroom.page(newsroom.visits["courier"], ARTICLE.url),
        body=EVIL,
        content_type="text/html; charset=utf-8",
    )
    with transaction(newsroom.database):
        save_page(newsroom.database, page, article_id=1, packed=pack_body(page))

    answer = pages.get("/articles/1/kept")

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert answer.headers.get_list("content-security-policy") == [policy]
    assert "K\u00e4pt" in answer.text
    assert "/articles/1/kept" in pages.get("/articles/1").text


def test_a_page_that_is_no_text_is_offered_as_a_file(
    pages: httpx.Client, newsroom: Newsroom
) -> None:
    page = replace(
        newsroom.page(newsroom.visits["courier"], ARTICLE.url),
        body=b"%PDF-1.7",
        content_type="application/pdf",
    )
    with transaction(newsroom.database):
        save_page(newsroom.database, page, article_id=1, packed=pack_body(page))

    answer = pages.get("/articles/1/kept")

    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content == b"%PDF-1.7"


def test_a_search_and_a_report_are_files_too(pages: httpx.Client) -> None:
    for path in ("/search.csv?q=drone", "/watches/drones/report.csv?from=2026-11-01&to=2026-12-01"):
        text = pages.get(path).text.removeprefix("\ufeff")
        rows = [*csv.DictReader(io.StringIO(text))]
        assert {row["headline"] for row in rows} == {"Quay crossed", "Story 2"}, path
    assert len(pages.get("/search.json?q=drone").json()) == 2
    refused = pages.get("/search.csv?q=(drone")
    assert (refused.status_code, "^" in refused.text) == (400, True)


@pytest.mark.parametrize(
    "path",
    [
        "/?before=x&watch=none&starred=1",
        "/search?q=drone&from=yesterday&to=2026-13-40&before=-1&source=none&lang=xx&order=best",
        "/search?q=" + "x" * 5000,
        "/search?q=%00%ff",
        "/watches/drones/report?from=x&to=y",
        "/sources?page=0&state=none&tag=%22",
        "/sources?page=" + "9" * 5000,
        "/watches?page=" + "9" * 5000,
        "/watches/drones/report?to=9999-12-31",
        "/watches/drones/report?from=0001-01-01&to=0001-01-01",
        "/articles/1?from=99&to=x",
        "/-/watches/try?query=&watch=none&since=9999999",
        "/-/watches/try?query=drone&watch=drones&since=30&part=1",
        "/days",
    ],
)
def test_whatever_stands_in_an_address_is_answered(pages: httpx.Client, path: str) -> None:
    answer = pages.get(path)

    assert answer.status_code == 200, answer.text[-500:]


def test_a_draft_with_an_abbreviation_that_is_a_word_is_counted_in_capitals_too(
    pages: httpx.Client, newsroom: Newsroom
) -> None:
    for number, body in enumerate(
        ("The pilot told us of a storm.", "A US ferry crossed the quay.")
    ):
        newsroom.keep(replace(ARTICLE, url=f"https://courier.org/{number}", body=body))
    newsroom.database.execute("UPDATE revisions SET fetched_at = ?", [to_text(utc_now())])

    page = pages.get("/-/watches/try?query=US&since=30&part=1").text

    assert "2 stories in 30 days" in page
    assert "with <code>=US</code>, in capitals only, it would find 1 story." in page


def test_a_draft_with_a_word_that_has_a_synonym_set_is_told_of_it(pages: httpx.Client) -> None:
    page = pages.get("/-/watches/try?query=Kyiv&since=30&part=1").text

    assert "<code>Kyiv</code> is also written Kiev, Київ" in page
    assert "<code>watchword synonyms add kyiv --watch WATCH</code>" in page


def test_today_is_light_with_a_full_page_of_stories(newsroom: Newsroom, config: Config) -> None:
    sentence = " ".join(
        ["A drone crossed the quay at dawn while the pilots of the harbour slept"] * 4
    )
    for number in range(40):
        story = make_story(number)
        headline = (
            f"{number}: a headline of the length that papers like, with a drone and a ferry in it"
        )
        newsroom.keep(replace(story, headline=headline, body=f"{story.body} {sentence}."))

    with (
        open_pages(config.store.path, Admission(token="quay")) as url,
        httpx.Client(base_url=url, follow_redirects=True) as client,
    ):
        home = client.get("/-/auth-token?token=quay")
        assets = [client.get(f"/assets/{name}") for name in ("watchword.css", "watchword.js")]
        before = home.text.split('href="/?before=')[1].split('"')[0]
        older = client.get(f"/?before={before}")

    assert home.text.count("<article") == 20
    assert sum(len(one.content) for one in (home, *assets)) < 60_000
    assert older.text.count("<article") == 20
    headlines = {
        text.split("</a>")[0]
        for page in (home, older)
        for text in page.text.split('<h3><a href="')[1:]
    }
    assert len(headlines) == 40


def test_today_says_what_is_true_before_anything_was_read(tmp_path: Path) -> None:
    database = tmp_path / "watchword.db"
    with closing(open_for_writing(database)) as connection:
        migrate(connection)
    database.with_name("w.toml").write_text("")

    with open_pages(database, Admission()) as url:
        text = httpx.get(url).text

    assert "No new story since you looked" in text
    assert "Nothing has been read yet." in text
    assert "There is no source yet" in text
    assert "No watch yet" in text


def test_today_never_says_that_all_is_well_while_it_is_not(
    newsroom: Newsroom, config: Config
) -> None:
    database, now = newsroom.database, utc_now()
    newsroom.keep(ARTICLE)

    def set_sources(**values: object) -> None:
        for column, value in values.items():
            database.execute(f"UPDATE sources SET {column} = ? WHERE name = 'courier'", [value])

    database.execute(
        "UPDATE sources SET last_success_at = ?, next_due_at = ?",
        [to_text(now), to_text(now + timedelta(minutes=5))],
    )
    beat = "INSERT OR REPLACE INTO heartbeats (name, pid, started_at, beat_at) VALUES ('daemon', 1, ?1, ?1)"
    database.execute(beat, [to_text(now)])
    with open_pages(config.store.path, Admission()) as url:
        assert "All 2 sources were read on time." in httpx.get(url).text
        set_sources(failure_count=1, last_failure_at=to_text(now))
        text = httpx.get(url).text
        assert ("1 of 2 sources" in text, "All 2 sources" in text) == (True, False)
        assert "fails since" in text
        set_sources(failure_count=0, next_due_at=to_text(now - timedelta(hours=3)))
        assert "1 late" in httpx.get(url).text
        set_sources(last_success_at=None)
        assert "was never read" in httpx.get(url).text
        database.execute(beat, [to_text(now - timedelta(minutes=10))])
        text = httpx.get(url).text
        assert "Nothing is being read." in text
        assert 'class="health down"' in text


def test_sources_are_found_by_tags_in_any_script(pages: httpx.Client, newsroom: Newsroom) -> None:
    newsroom.database.execute(
        """UPDATE sources SET tags = '["f\\u00fcr"]' WHERE name = 'courier'"""
    )

    text = pages.get("/sources", params={"tag": "f\u00fcr"}).text

    assert ("/sources/courier" in text, "/sources/gazette" in text) == (True, False)


def test_rows_of_private_tables_are_not_even_counted(pages: httpx.Client) -> None:
    assert "recipients" not in pages.get("/watchword/watches/1").text
    row = "/watchword/watches/1.json"
    assert pages.get(row).status_code == 200
    for asked in ("_extras=foreign_key_tables", "_extra=a,foreign%5Fkey_tables"):
        assert pages.get(f"{row}?{asked}").status_code == 403, asked


def test_a_configuration_with_a_fault_breaks_no_page(pages: httpx.Client, config: Config) -> None:
    config.store.path.with_name("w.toml").write_text("[[watch]\n")

    for path in ("/", "/watches/drones", "/sources/courier", "/search?q=drone", "/articles/1"):
        assert pages.get(path).status_code == 200, path
