"""Keeping an article on top of an archive, and looking for its near-duplicates, by the real functions."""

import pickle
import sqlite3
import statistics
import time
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from bench.growth.archive.settings import source_of
from bench.growth.archive.texts import Press
from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.dedup.near import make_text
from crawler.dedup.signature import sign_body
from crawler.flows.news.ingest import keep_article
from crawler.flows.news.judging.near_duplicates import find_similar
from crawler.flows.process.configure import apply_config
from crawler.flows.process.parse_pool.understanding import understand_text
from crawler.flows.process.parse_pool.watches import WatchSet, put_in_force
from crawler.flows.process.rules import Rules, load_rules
from crawler.machine.zstd import zstd
from crawler.model.article import Article, Page
from crawler.model.visit import Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import claim_due_visits, finish_visit
from crawler.storage.crawl.sources import get_source
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate

# the first of them fill caches, and are not counted
_WARM, _COUNTED = 100, 200
_PAGE = zstd.compress(b"<!doctype html>" + bytes(range(256)) * 100)


@dataclass(slots=True)
class _Times:
    """CPU milliseconds of the database's thread."""

    keep: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    copy: list[float] = field(default_factory=list)


def measure_keeping(file: Path, press: Press, *, first: int) -> dict[str, float]:
    """Keep articles by the configuration in a file; ``first`` is the number of the first one."""
    config = load_config(file, environ={})
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=utc_now())
        began = time.process_time()
        rules = load_rules(connection, config)
        loading = (time.process_time() - began) * 1000
        before = _count(connection, "matches")
        times = _keep_all(connection, config, rules, press, first)
        matches = (_count(connection, "matches") - before) / (_WARM + _COUNTED)
    return {
        "keep, ms": statistics.median(times.keep),
        "keep, 95 %, ms": _percentile(times.keep),
        "near-duplicates of a new text, ms": statistics.median(times.new),
        "near-duplicates of a copy, ms": statistics.median(times.copy),
        "near-duplicates, 95 %, ms": _percentile(times.new + times.copy),
        "matches an article": matches,
        "load watches, ms": loading,
    }


def _keep_all(
    connection: sqlite3.Connection, config: Config, rules: Rules, press: Press, first: int
) -> _Times:
    put_in_force(pickle.dumps(WatchSet(rules.version, rules.index.list_watches())))
    now = utc_now()
    with transaction(connection):
        # a run that was stopped left visits under way, and their sources are not visited again before they end
        connection.execute(
            """UPDATE visits SET finished_at = started_at, outcome = 'interrupted', lease_until = NULL
               WHERE finished_at IS NULL"""
        )
        connection.execute("UPDATE sources SET next_due_at = '2020-01-01T00:00:00.000Z'")
        found = claim_due_visits(connection, now=now, limit=len(config.sources))
    visits = {visit.source_name: visit for visit in found}
    times = _Times()
    for place, made in enumerate(press.make(first, _WARM + _COUNTED, source_of=source_of)):
        visit = visits.get(made.source) or found[place % len(found)]
        spent = _keep_one(connection, config, rules, visit, replace(made.article, key=""))
        if place >= _WARM:
            times.keep.append(spent[0])
            (times.new if made.copy_of is None else times.copy).append(spent[1])
    with transaction(connection):
        for visit in found:
            finish_visit(connection, visit, outcome=VisitOutcome.OK, now=utc_now())
    return times


def _keep_one(
    connection: sqlite3.Connection, config: Config, rules: Rules, visit: Visit, article: Article
) -> tuple[float, float]:
    """Return what keeping an article costs, and what looking for its near-duplicates does alone."""
    settings = config.source_named(visit.source_name)
    assert settings is not None
    source, now = get_source(connection, visit.source_id, settings, password=""), utc_now()
    # what a worker of the parse pool does
    read = partial(understand_text, source=source.name, scopes=source.scopes)
    understood = replace(read(article), packed=_PAGE)
    page = _make_page(connection, visit, article.url, now)
    signature = sign_body(article.body)
    text = make_text(
        signature.words, headline=article.headline, body=article.body, source=source.name
    )
    began = time.thread_time()
    find_similar(
        connection,
        text,
        signature.keys,
        signature.fingerprint,
        known=None,
        since=now - config.story.window,
    )
    looked = time.thread_time()
    keep_article(connection, page, understood, source=source, rules=rules, now=now)
    kept = time.thread_time()
    return (kept - looked) * 1000, (looked - began) * 1000


def _make_page(connection: sqlite3.Connection, visit: Visit, url: str, now: datetime) -> Page:
    row = connection.execute(
        """INSERT INTO entries (source_id, entry_key, url, announced_url, first_seen_at, state)
           VALUES (?, ?, ?, ?, ?, 'waiting') RETURNING id""",
        [visit.source_id, url, url, url, to_text(now)],
    ).fetchone()
    return Page(url=url, requested_url=url, body=b"page", content_type="text/html", fetched_at=now, visit_id=visit.id, source_id=visit.source_id, entry_id=row[0])  # fmt: skip


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _percentile(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)] if times else 0.0
