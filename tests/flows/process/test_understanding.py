"""Articles are analysed and matched in the parse pool; what it found is used only if it is of the very text."""

import asyncio
import os
import pickle
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.config.sections.fetch import FetchSettings
from crawler.dedup.signature import sign_body
from crawler.errors import ParsePostponed
from crawler.flows.crawl_services import CrawlServices
from crawler.flows.news.ingest import keep_article
from crawler.flows.news.pages.feed_words import understand_article
from crawler.flows.process.parse_pool import watches
from crawler.flows.process.parse_pool.understanding import (
    Reading,
    Understood,
    make_basis,
    sign_article,
    understand_page,
    understand_text,
)
from crawler.flows.process.parse_pool.watches import WatchSet
from crawler.flows.process.pool import ParsePool
from crawler.matching.analysis.analyzer import analyze_text
from crawler.matching.matcher import compile_watch
from crawler.matching.watch_index import WatchIndex
from crawler.model.article import Article, Occasion, Page
from crawler.model.source import PageSettings, Source
from crawler.model.watch import Match, Snippet, Watch
from crawler.storage.crawl.entries.pages import pack_body
from crawler.storage.crawl.sources import get_source
from tests.fakes import START, FakeClock, article_page
from tests.flows.process import hard_work
from tests.newsroom import ARTICLE, Newsroom
from tests.storage.disks import mount_small_disk, needs_root

WATCHES = (
    Watch(id=3, name="drones", query="drone", sources=("coast",)),
    Watch(id=4, name="pilots", query="pilot NEAR/5 said", synonyms=(("pilot", "aviator"),)),
    Watch(id=5, name="courier", query="source:courier.org quay"),
    Watch(id=6, name="elsewhere", query="drone", sources=("gazette",)),
)
SCOPES = frozenset({"courier", "coast"})
TEXT = partial(understand_text, source="courier", scopes=SCOPES)
PAGE = partial(understand_page, source="courier", scopes=SCOPES, is_kept=True)


@pytest.fixture
async def pool() -> AsyncIterator[ParsePool]:
    settings = FetchSettings.model_validate({"parse_timeout": "60s"})
    made = ParsePool(settings, process_count=2, clock=FakeClock())
    made.use_watches(WatchSet(1, WATCHES, ("en",)))
    yield made
    made.close()


async def read(pool: ParsePool, article: Article = ARTICLE) -> Reading | None:
    return (await pool.run(TEXT, article, source="courier")).reading


def match_here(article: Article) -> tuple[Match, ...]:
    index = WatchIndex()
    index.replace(map(compile_watch, WATCHES))
    document = analyze_text(
        article.headline, article.body, language="en", url=article.url, source="courier"
    )
    return index.find_matches(document, SCOPES)


async def test_a_worker_finds_what_the_database_thread_would(pool: ParsePool) -> None:
    reading = await read(pool)

    assert reading is not None
    assert [match.watch_id for match in reading.matches] == [3, 4, 5]
    assert reading.matches == match_here(ARTICLE)
    assert reading.version == 1
    assert {"=drones", "drone"} <= {*reading.keys}


async def test_a_page_comes_with_all_that_needs_no_database(pool: ParsePool) -> None:
    page = make_page()
    understood = await pool.read_page(PAGE, page, source="courier")

    assert understood.article.headline == "Quay crossed"
    assert understood.signature == sign_body(understood.article.body)
    assert understood.packed == pack_body(page)
    assert understood.reading is not None


@pytest.mark.parametrize("why", ["revisit", "watched"])
async def test_a_page_that_most_likely_says_nothing_new_is_not_analysed(
    pool: ParsePool, why: str
) -> None:
    page = make_page()
    page = (
        replace(page, occasion=Occasion.REVISIT)
        if why == "revisit"
        else replace(page, settings=PageSettings(is_watched=True))
    )
    understood = await pool.read_page(PAGE, page, source="courier")

    assert understood == Understood(
        article=understood.article, signature=sign_body(understood.article.body)
    )


async def test_workers_match_with_the_newest_watches(pool: ParsePool) -> None:
    before = await read(pool)
    pool.use_watches(WatchSet(2, (Watch(id=9, name="quays", query="quay"),)))
    after = await read(pool)

    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (1, 2)
    assert [match.watch_id for match in after.matches] == [9]


async def test_a_worker_that_was_busy_when_watches_changed_is_replaced(
    pool: ParsePool, tmp_path: Path
) -> None:
    go, begun = tmp_path / "go", tmp_path / "begun"
    busy = asyncio.ensure_future(
        pool.run(hard_work.wait_for, str(go), str(begun), source="courier")
    )
    while not begun.exists():
        await asyncio.sleep(0.005)
    pool.use_watches(WatchSet(2, WATCHES))
    go.touch()
    await busy

    readings = await asyncio.gather(*(read(pool) for _ in range(4)))
    assert [reading and reading.version for reading in readings] == [2] * 4


async def test_a_new_fork_server_has_the_watches_too(pool: ParsePool) -> None:
    _, server = await pool.run(hard_work.report_process, source="courier")
    os.kill(server, signal.SIGKILL)
    for _ in range(20):
        try:
            reading = await read(pool)
        except ParsePostponed:
            continue
        break

    assert reading is not None
    assert [match.watch_id for match in reading.matches] == [3, 4, 5]


async def test_watches_that_cannot_be_compiled_leave_those_before_in_force(
    pool: ParsePool,
) -> None:
    await read(pool)
    pool.use_watches(WatchSet(2, (Watch(id=9, name="broken", query="(("),)))
    reading = await read(pool)

    assert reading is not None
    assert reading.version == 1


async def test_without_watches_and_without_a_dictionary_nothing_is_analysed(
    pool: ParsePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Building a dictionary takes seconds, which would count as the page's own."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    bare = ParsePool(FetchSettings(), process_count=2, clock=FakeClock())
    try:
        assert await read(bare) is None
        bare.use_watches(WatchSet(1, WATCHES, ("en",)))
        assert await read(bare) is None
        assert not (tmp_path / "lemmas").exists()
    finally:
        bare.close()


def test_watches_take_no_more_memory_than_a_worker_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 50,000 watches a table takes 100 MB a language; a worker that runs out of memory has its page refused."""
    monkeypatch.setattr(watches, "_in_force", watches.WatchesInForce())
    monkeypatch.setattr(watches, "_MOST_FILED", 2 * len(WATCHES))
    # languages without a dictionary: whether one is built yet is another reason not to read a text here
    watches.put_in_force(pickle.dumps(WatchSet(1, WATCHES, ("da", "sv", "fi"))))
    texts = [replace(ARTICLE, language=language) for language in ("da", "sv", "fi", "da")]

    readings = [TEXT(text).reading is not None for text in texts]
    assert readings == [True, True, False, True]


async def test_an_article_that_no_worker_analyses_is_analysed_where_it_is_stored(
    config: Config, newsroom: Newsroom
) -> None:
    """After a page was read or refused, nothing of it is tried again because of a worker."""
    services = CrawlServices(config)
    services.pool.close()
    source = newsroom.rules.source(newsroom.database, 1, "courier")
    assert source is not None

    understood = await understand_article(ARTICLE, source, services)

    assert understood == sign_article(ARTICLE)
    services.close()


OTHERS: dict[str, dict[str, Any]] = {
    "the same": {},
    "another text": {"body": ARTICLE.body + " And more."},
    "another headline": {"headline": "Quay"},
    "another host": {"url": "https://m.courier.org/a"},
    "another language": {"language": "de"},
    "another source": {"source": "gazette"},
    "other tags": {"scopes": frozenset({"courier"})},
    "other watches": {"version": 77},
}


@pytest.mark.parametrize("difference", OTHERS)
def test_a_reading_counts_for_the_very_text_source_and_watches_alone(
    newsroom: Newsroom, difference: str
) -> None:
    """The reading says that a word was found which is not there: if it is used, that shows."""
    facts: dict[str, Any] = {
        "source": "courier",
        "scopes": SCOPES,
        "version": newsroom.rules.version,
    }
    facts |= {name: value for name, value in OTHERS[difference].items() if name in facts}
    text = {name: value for name, value in OTHERS[difference].items() if name not in facts}
    read_as = replace(ARTICLE, **text)
    (watch,) = newsroom.rules.index.list_watches()
    invented = Match(
        watch_id=watch.id,
        terms=("invented",),
        hit_count=1,
        in_headline=False,
        snippet=Snippet(text="invented"),
    )
    reading = Reading(
        basis=make_basis(read_as, url=read_as.url, source=facts["source"], scopes=facts["scopes"]),
        version=facts["version"],
        keys=("=drones",),
        matches=(invented,),
    )
    keep(newsroom, replace(sign_article(ARTICLE), reading=reading))

    (row,) = newsroom.database.execute("SELECT snippet FROM matches").fetchall()
    assert (row[0] == "invented") is (difference == "the same")


def keep(room: Newsroom, understood: Understood) -> None:
    visit = room.visits["courier"]
    settings = room.rules.config.source_named("courier")
    assert settings is not None
    source: Source = get_source(room.database, visit.source_id, settings, password="")
    page = room.page(visit, ARTICLE.url)
    keep_article(room.database, page, understood, source=source, rules=room.rules, now=START)


def make_page() -> Page:
    return Page(
        url=ARTICLE.url,
        requested_url=ARTICLE.url,
        body=article_page("Quay crossed", ARTICLE.body),
        content_type="text/html",
        fetched_at=START,
        visit_id=1,
        source_id=1,
        entry_id=1,
    )


@needs_root
@pytest.mark.parametrize("fault", ["full", "read-only"])
async def test_watches_that_cannot_be_sent_keep_no_page_from_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    pool = ParsePool(FetchSettings(), process_count=2, clock=FakeClock())
    place = tmp_path / "temporary"
    assert await read(pool) is None  # the fork server runs: it is sent what is new at once
    with mount_small_disk(place) as disk:
        disk.fill() if fault == "full" else disk.remount("ro")
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        pool.use_watches(WatchSet(1, WATCHES))
        try:
            assert await pool.run(TEXT, ARTICLE, source="courier") == sign_article(ARTICLE)

            disk.free() if fault == "full" else disk.remount("rw")
            pool.use_watches(WatchSet(2, WATCHES))
            reading = await read(pool)
        finally:
            pool.close()

    assert reading is not None
    assert reading.version == 2
