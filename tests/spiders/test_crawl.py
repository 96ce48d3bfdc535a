"""Whole crawls: the real crawl process against a real site on loopback."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crawler.alerting.messages.status_report import write_cut_off
from crawler.alerting.phrases import Phrases
from crawler.clock import utc_now
from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.mail.delivery.reports import measure_all
from crawler.model.mail.status_report import Standing
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.process.activity import Cursor, read_events
from scheduler.one_crawl import run_crawl
from tests.fakes import Asked, FakeSite, Reply, rss
from tests.texts.seed_pages import MARKUPS, SEED, render_seed

PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late."
DRONES = "Two drones had crossed the harbour an hour before, said the pilot, who saw them against the morning light."
OTHER = "From next week the library opens on Sundays as well, the council decided after a debate of nearly four hours."
ROOT = Path(__file__).resolve().parents[2]


def settings(url: str, **facts: object) -> SourceSettings:
    return SourceSettings.model_validate(
        {
            "name": "courier",
            "url": url,
            "kind": "feed",
            "backfill": "3650d",
            "allow_private": True,
            **facts,
        }
    )


def configure(folder: Path, *sources: SourceSettings, **fetch: object) -> Config:
    return Config.model_validate(
        {
            "store": {"path": folder / "watchword.db"},
            "fetch": {"per_domain": {"concurrency": 8, "delay": "0s"}, "timeout": "5s", **fetch},
            "sources": sources,
            "watches": [WatchSettings(name="drones", query="drone")],
        }
    )


async def crawl(config: Config) -> bool:
    names = tuple(source.name for source in config.sources)
    return await run_crawl(config, names, on_tick=lambda _connection: None)


def rows(config: Config, sql: str) -> list[tuple[object, ...]]:
    with closing(open_for_reading(config.store.path)) as connection:
        return [tuple(row) for row in connection.execute(sql)]


@pytest.mark.walk
async def test_a_feed_becomes_articles_and_an_alert_in_the_maildir(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_article("/b", "Library Opens", OTHER, OTHER.replace("library", "web pages"))
    site.put_feed("/rss", "/a", "/b")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    assert await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(2,)]
    assert rows(config, "SELECT state, count(*) FROM deliveries") == [("sent", 1)]
    assert len([*(tmp_path / "mail" / "new").iterdir()]) == 1
    assert rows(config, "SELECT outcome, new_count, finish_no FROM visits") == [("ok", 2, 1)]
    assert rows(config, "SELECT value FROM marks WHERE name = 'visits'") == [(1,)]


async def test_a_first_visit_marks_what_is_there_as_seen(site: FakeSite, tmp_path: Path) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss", backfill="0s"))
    await crawl(config)
    site.put_article("/b", "Drones Again", DRONES, PROSE)
    site.put_feed("/rss", "/b", "/a")

    await crawl(config)

    assert site.paths() == ["/rss", "/rss", "/b"]
    assert rows(config, "SELECT state FROM entries ORDER BY id") == [("skipped",), ("fetched",)]


async def test_an_unchanged_feed_is_asked_for_politely_and_not_read_again(
    site: FakeSite, tmp_path: Path
) -> None:
    body = rss([(f"{site.url}/a", "")])

    def answer(asked: Asked) -> Reply:
        known = asked.headers.get("if-none-match") == '"v1"'
        return Reply(b"" if known else body, 304 if known else 200, headers={"ETag": '"v1"'})

    site.pages["/rss"] = answer
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)
    await crawl(config)

    assert rows(config, "SELECT outcome, http_status FROM visits") == [
        ("ok", 200),
        ("unchanged", 304),
    ]
    assert site.paths() == ["/rss", "/a", "/rss"]


async def test_an_edit_the_feed_announces_is_fetched_again(site: FakeSite, tmp_path: Path) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE)
    site.put_feed("/rss", "/a", updated="2026-11-20T10:00:00Z")
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a", updated="2026-11-20T12:00:00Z")

    await crawl(config)

    assert rows(config, "SELECT revision_count FROM articles") == [(2,)]
    assert rows(config, "SELECT kind FROM alerts") == [("new",)]


async def test_a_home_page_leads_to_its_feed(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/"] = Reply(
        b'<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head></html>'
    )
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/", kind="auto"))

    await crawl(config)
    await crawl(config)
    knows_the_route = site.paths()
    site.pages.pop("/rss")
    for _ in range(4):
        await crawl(config)

    assert knows_the_route[:2] == ["/", "/rss"]
    assert knows_the_route[-2:] == ["/a", "/rss"]
    # the feed may have moved: the home page is requested again
    assert "/" in site.paths()[len(knows_the_route) :]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"<!doctype html><html><body>hello</body></html>"), "HTML page, not a feed"),
        (Reply(b"", status=404), "HTTP 404"),
        (Reply(b"", status=503), "HTTP 503"),
        (Reply(b"x", content_type="application/rss+xml"), "is not a feed"),
        (Reply(b"<rss>" + b"x" * 200_000, content_type="application/rss+xml"), "max_size"),
    ],
)
async def test_the_failure_of_a_source_that_cannot_be_read_is_explained(
    site: FakeSite, tmp_path: Path, reply: Reply, words: str
) -> None:
    site.pages["/rss"] = reply
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/good", "/a")
    config = configure(
        tmp_path,
        settings(f"{site.url}/rss"),
        settings(f"{site.url}/good", name="good"),
        max_size="100KB",
    )

    await crawl(config)

    failure = rows(config, "SELECT failure_count, last_failure FROM sources WHERE name = 'courier'")
    assert failure[0][0] == 1
    assert words in str(failure[0][1])
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]  # the other source was read


async def test_a_refused_connection_is_reported(tmp_path: Path) -> None:
    config = configure(tmp_path, settings("http://127.0.0.1:1/rss"))

    await crawl(config)

    assert "refused" in str(rows(config, "SELECT last_failure FROM sources")[0][0])


async def test_private_addresses_are_refused_unless_the_source_allows_them(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_feed("/rss", "/a")
    config = configure(
        tmp_path,
        settings(f"{site.url}/rss", allow_private=False),
        settings(
            site.url.replace("127.0.0.1", "localhost") + "/rss", name="name", allow_private=False
        ),
        settings(
            site.url.replace("127.0.0.1", "2130706433") + "/rss",
            name="decimal",
            allow_private=False,
        ),
    )

    await crawl(config)

    reasons = rows(config, "SELECT last_failure FROM sources")
    assert all("allow_private = true" in str(reason[0]) for reason in reasons), reasons
    assert site.paths() == []


async def test_pages_that_cannot_be_fetched_wait_or_are_marked_as_failed(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/busy"] = Reply(b"", status=503)
    site.pages["/shell"] = Reply(b"<html><body>Please Wait...</body></html>")
    site.pages["/gone"] = Reply(b"", status=410)
    site.put_feed("/rss", "/busy", "/gone", "/shell")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    found = rows(config, "SELECT announced_url, state, reason FROM entries ORDER BY id")
    assert [row[1] for row in found] == ["waiting", "failed", "waiting"]
    assert "HTTP 503" in str(found[0][2])
    assert "HTTP 410" in str(found[1][2])
    assert "waiting" in str(found[2][2])
    # for a page that cannot come any more the feed's text is used; a busy page, or one behind a check, may be there in a minute
    assert rows(config, "SELECT outcome, failed_count, refused_count FROM visits") == [("ok", 2, 1)]
    assert rows(config, "SELECT headline, from_feed IS NOT NULL FROM revisions") == [("Entry 1", 1)]


async def test_a_page_that_blocks_the_parser_is_killed_and_the_rest_continues(
    site: FakeSite, tmp_path: Path
) -> None:
    site.pages["/rss"] = Reply(  # feedparser needs quadratic time for this
        b'<rss version="2.0"><channel><item><link>/x</link><description><![CDATA['
        + b"<!--" * 100_000
        + b"]]></description></item></channel></rss>",
        content_type="application/rss+xml",
    )
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/good", "/a")
    config = configure(
        tmp_path,
        settings(f"{site.url}/rss"),
        settings(f"{site.url}/good", name="good"),
        parse_timeout="3s",
    )

    await crawl(config)

    reason = rows(config, "SELECT last_failure FROM sources WHERE name = 'courier'")[0][0]
    assert "took more than 3 s" in str(reason)
    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]


async def test_robots_txt_is_obeyed(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Reply(
        b"User-agent: *\nDisallow: /private", content_type="text/plain"
    )
    site.put_article("/private/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/private/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT state, reason FROM entries") == [
        ("failed", f"robots.txt of {site.url[7:]} does not allow robots at this address")
    ]
    assert site.paths() == ["/rss"]


@pytest.mark.skipif(not SEED.exists(), reason="shared/seed is absent")
async def test_the_seed_page_goes_through_the_whole_walk(tmp_path: Path) -> None:
    with FakeSite() as first, FakeSite() as second:
        sibling = tuple(f"The bakers met for the {n} time this week and spoke of flour and rent and of new ovens." for n in ("first", "second", "third"))  # fmt: skip
        for markup in MARKUPS:
            first.pages[f"/{markup}"] = Reply(render_seed(markup))
            first.pages[f"/sibling-{markup}"] = Reply(
                render_seed(
                    markup,
                    headline=f"Bakers Meet {markup}",
                    paragraphs=(*sibling, f"They sang {markup} songs."),
                )
            )
        second.pages["/copy"] = Reply(
            render_seed("semantic", headline="No evidence, minister says")
        )
        first.put_feed("/rss", *first.pages, updated="2022-12-13T00:00:00Z")
        second.put_feed("/rss", "/copy")
        config = configure(
            tmp_path, settings(f"{first.url}/rss"), settings(f"{second.url}/rss", name="gazette")
        )
        await crawl(config)
        for markup in MARKUPS:
            first.pages[f"/{markup}"] = Reply(
                render_seed(markup, ago="10 hours ago", clock="13-12-2022 Hour: 02:45")
            )
        with closing(open_for_writing(config.store.path)) as connection:
            connection.execute("UPDATE entries SET state = 'waiting', next_try_at = first_seen_at")
        await crawl(config)

    # four renderings and the copy are one story with one alert; the siblings match nothing
    assert rows(config, "SELECT count(DISTINCT story_id), count(*) FROM matches") == [(1, 5)]
    assert rows(config, "SELECT count(*) FROM alerts") == [(1,)]
    assert rows(config, "SELECT count(*), max(revision_count) FROM articles") == [(9, 1)]
    assert rows(config, "SELECT sum(seen_count), sum(revised_count) FROM visits") == [(9, 0)]
    assert rows(
        config,
        "SELECT DISTINCT published_at, published_precision FROM articles WHERE story_id = (SELECT min(story_id) FROM matches)",
    ) == [("2022-12-12T14:45:00.000Z", "hour")]


@pytest.mark.own_process
async def test_scrapy_runs_the_same_spider(site: FakeSite, tmp_path: Path) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    (tmp_path / "w.toml").write_text(
        f'[store]\npath = "{tmp_path}/watchword.db"\n[[source]]\nname = "courier"\nurl = "{site.url}/rss"\n'
        'kind = "feed"\nbackfill = "3650d"\nallow_private = true\n'
    )
    environ = {**os.environ, "WATCHWORD_CONFIG": str(tmp_path / "w.toml")}

    def scrapy(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scrapy", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
        )

    assert scrapy("list").stdout.split() == ["feed"]
    assert scrapy("crawl", "feed", "-a", "source=courier").returncode == 0
    with closing(sqlite3.connect(tmp_path / "watchword.db")) as connection:
        assert connection.execute("SELECT headline FROM articles").fetchall() == [
            ("Ferry Leaves Late",)
        ]
    assert "one of courier" in scrapy("crawl", "feed", "-a", "source=nobody").stderr
    with InstanceLock(tmp_path / "watchword.db"):
        refused = scrapy("crawl", "feed", "-a", "source=courier")
    assert refused.returncode != 0
    assert f"process {os.getpid()} on" in refused.stderr


async def test_an_article_that_matched_is_revisited_although_its_feed_is_silent(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    await crawl(config)
    assert rows(config, "SELECT count(*) FROM entries WHERE revisit_at IS NOT NULL") == [(1,)]

    site.put_article("/a", "Ferry Leaves at Last", PROSE, DRONES)
    make_due(config)
    await crawl(config)
    assert rows(config, "SELECT diff FROM revisions WHERE diff <> ''") == [
        ("Ferry Leaves [-Late-] {+at Last+}",)
    ]

    site.pages["/a"] = Reply(b"", status=410)
    make_due(config)
    await crawl(config)
    assert rows(config, "SELECT gone_status, revision_count FROM articles") == [(410, 2)]
    assert rows(config, "SELECT state, failed_count FROM entries, visits ORDER BY visits.id DESC LIMIT 1") == [("fetched", 1)]  # fmt: skip


def make_due(config: Config) -> None:
    with closing(sqlite3.connect(config.store.path)) as connection, connection:
        connection.execute("UPDATE entries SET revisit_at = '2020-01-01T00:00:00.000Z'")


def kill_crawl_child(connection: sqlite3.Connection) -> None:
    """Kill the crawl process once pages of its visit wait, as a machine short of memory does."""
    waiting = connection.execute("SELECT count(*) FROM entries WHERE state = 'waiting'").fetchone()[
        0
    ]
    if not waiting:
        return
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if "-m\0crawler" in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(int(pid), signal.SIGKILL)


@pytest.mark.own_process
async def test_a_crawl_that_was_cut_off_is_reported_and_the_next_one_continues(
    site: FakeSite, tmp_path: Path
) -> None:
    links = [f"/{number}" for number in range(8)]
    for link in links:
        site.put_article(link, f"Ferry {link}", f"{PROSE} {link}", DRONES)
    site.put_feed("/rss", *links)
    slow = settings(f"{site.url}/rss")
    config = configure(tmp_path, slow, per_domain={"concurrency": 1, "delay": "1s"})

    is_whole = await run_crawl(config, ("courier",), on_tick=kill_crawl_child)

    assert not is_whole
    assert rows(config, "SELECT outcome FROM visits") == [("interrupted",)]
    with closing(open_for_reading(config.store.path)) as connection:
        report = measure_all(connection, config, now=utc_now())
        cursor = Cursor()
        events = read_events(connection, cursor)
    assert report.sources.count(Standing.CUT_OFF) == 1
    assert report.needs_look
    sentence = write_cut_off(report, Phrases("en_GB", "UTC"))
    assert (
        sentence
        == f"Cut off: {report.pages.waiting_count} pages are still waiting; `watchword crawl` continues"
    )
    assert [event.kind for event in events if event.kind in {"visited", "cut off"}] == ["cut off"]

    quick = configure(tmp_path, slow)
    assert await crawl(quick)
    assert rows(quick, "SELECT count(*) FROM articles") == [(8,)]


async def test_pages_that_were_refused_or_lost_are_reported_with_reason_and_address(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_article("/b", "Nothing")
    site.put_feed("/rss", "/a", "/b", "/missing")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    with closing(open_for_reading(config.store.path)) as connection:
        events = read_events(connection, Cursor())
    alerted = {
        event.detail.rpartition("/")[2]: event.text
        for event in events
        if event.kind in {"refused", "lost"}
    }
    assert set(alerted) == {"b", "missing"}
    assert "no article text" in alerted["b"]
    assert "404" in alerted["missing"]


async def test_a_look_back_that_is_limited_by_dates_is_reported(
    site: FakeSite, tmp_path: Path
) -> None:
    items = "".join(
        f"<item><title>T{n}</title><link>{site.url}/{n}</link></item>" for n in range(3)
    )
    site.pages["/rss"] = Reply(
        f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()
    )
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    note = str(rows(config, "SELECT note FROM visits")[0][0])
    assert note.startswith("3 entries carry no date and were marked as seen, not looked back at")
    with closing(open_for_reading(config.store.path)) as connection:
        assert any(note in event.detail for event in read_events(connection, Cursor()))
