"""The query plans of every statement of storage/: no table that grows over the years is scanned, except as listed here.

The plan of a DELETE includes the tables that refer to its rows. Plans are made twice: without statistics, as in a file in
use, and with those of ANALYZE.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.watch.keys import open_key_counts
from tests.storage.statements import Statement, count_calls, list_canned, list_statements
from tests.storage.years import fill_years

# tables that stay short whatever happens: reading them whole costs nothing
SHORT = {
    "watches": "as many as were ever configured",
    "recipients": "as many as watches name",
    "archive_files": "one a day, or one a gigabyte",
    "mutes": "what people asked for",
    "refused_edits": "one an edit that was refused",
    "marks": "a row for each thing worked off in order",
    "heartbeats": "a row a process",
    "uptimes": "one a start of the daemon",
    "domains": "hosts that ever answered 429 or 503",
    "withdrawals": "walls taken back, some a year",
    "rejections": "alerts of which somebody said that they were not meant",
    "key_index": "one row",
    "bundles": "two for each place at a worker",
    "tasks": "what workers have now, and pages of open visits that wait for them",
    "handing_out": "one row",
    "sqlite_master": "the list of tables",
}
# indexes that contain only what waits, was not read or taken back: they are short even when read whole
OF_WHAT_WAITS = {
    "deliveries_pending": "messages that have not left",
    "deliveries_unsent": "messages that have not left, dead ones too",
    "deliveries_joinable": "digests that are being gathered",
    "entries_waiting": "pages to be fetched",
    "entries_waiting_since": "pages to be fetched",
    "requests_open": "requests without an answer",
    "articles_withdrawn": "walls taken back after an alert, some a year",
}
_TRIAL = "the database of a trial, which holds one source and some pages"
_NEWEST = "newest first, and it stops at the limit"
_LISTING = "lists every source, of which there are as many as were ever configured"
_COUNTED = "counted in an index, only for a listing that was cut at its limit"
_MENDING = "once a start and where the clock was set: "
_PRUNED = "counted for a person who asks what would become free"
# function -> table -> the reason why it may be read whole there
ALLOWED: dict[str, dict[str, str]] = {
    "alerts.count_deliveries": {"deliveries": _COUNTED},
    "alerts.list_deliveries": {"deliveries": _NEWEST},
    "alerts.list_feed_alerts": {"alerts": _NEWEST},
    "article_reading.count_articles": {"articles": _COUNTED, "sources": _COUNTED},
    "article_reading.list_articles": {"articles": _NEWEST},
    "article_sources.list_source_ids": {"sources": _LISTING},
    "crawl_queue.claim_due_visits": {"busy": "an index made on the spot of the visits under way, at most some dozens"},
    "crawl_queue.has_due_visits": {"busy": "an index made on the spot of the visits under way, at most some dozens"},
    "crawl_times._repair": {
        "entries": _MENDING + "an index of the pages that are to be looked at again",
        "robots": _MENDING + "one a host that is visited",
        "endpoints": _MENDING + "some a source",
    },
    "datasette.yml.my_alerts": {"alerts": _NEWEST},
    "datasette.yml.who_was_first": {"stories": _NEWEST},
    "datasette.yml.first_by_endpoint": {"endpoints": _LISTING, "sources": _LISTING},
    "datasette.yml.refused_pages": {"entries": "a report on all that was refused or failed, by an index of those"},
    "datasette.yml.latest_matches": {"matches": _NEWEST},
    "deliveries.count_deliveries": {"deliveries": "doctor counts them all, by an index without looking at the rows"},
    "entries.count_entries_by_reason": {"entries": "doctor groups all pages that were refused or failed, by an index of those"},
    "keys.list_frequent_languages": {"articles": "the newest thousand"},
    "keys.begin_key_index": {"indexed_texts": "emptied at the start after an upgrade, or when most of it is forgotten"},
    "last_moment.find_last_moment": {"visits": "the last row"},
    "matches.list_revisions_between": {"revisions": _NEWEST},
    "file_room.estimate_row_bytes": dict.fromkeys(("pages", "revisions", "visits"), _NEWEST),
    "old_entries.count_old_entries": {"entries": _PRUNED},
    "old_learning.count_old_robots": {"robots": _PRUNED},
    "old_learning.forget_robots": {"robots": "one a host that is visited, once an hour"},
    "old_records.count_old_records": dict.fromkeys(("attempts", "requests", "source_events"), _PRUNED),
    "old_stories._unlink": {"story_rulings": "what people ruled on stories"},
    "pages.drop_oldest_pages": {"page_sizes": "the oldest fifty, by an index"},
    "pages.sum_all_page_bytes": {"page_sizes": "narrow rows, some thousand a day kept; once a minute"},
    "visit_days.count_visits_to_add_up": {"visits": _PRUNED},
    "probe_reading.count_entries_of_endpoint": {"entries": _TRIAL},
    "probe_reading.find_any_article": {"articles": _TRIAL},
    "probe_reading.find_any_refusal": {"entries": _TRIAL},
    "probe_reading.find_first_robots": {"robots": _TRIAL},
    "rejections.list_source_names": {"sources": _LISTING},
    "renames._rename_series": {"deliveries": "where a watch got another name: every digest there was, by an index of those"},
    "renames.list_source_names": {"sources": _LISTING},
    "renames.save_next_name": {"sources": "where a person gives a source another name"},
    "merges.list_merged": {"sources": _LISTING},
    "report_counts.find_first_visit": {"visits": "the first row"},
    "report_counts.find_report_mark": {"status_reports": "newest first, until one that reached the recipient"},
    "requests.count_requests": {"requests": _COUNTED},
    "requests.list_requests": {"requests": _NEWEST},
    "source_health.list_source_events": {"source_events": _NEWEST},
    "sources.list_changed_sources": {"sources": _LISTING},
    "sources.list_sources": {
        "sources": _LISTING,
        "entries": "counts what waits and failed of every source, by an index of those",
        "failed": "an index made on the spot of those counts",
        "waiting": "an index made on the spot of those counts",
    },
    "story_reading.count_stories": {"stories": _COUNTED},
    "story_reading.list_stories": {"stories": _NEWEST},
    "walls.unlink_article": {"story_rulings": "what people ruled on stories"},
    "search.list_source_names": {"sources": _LISTING},
    "sources.list_source_rows": {"sources": _LISTING},
    "today.list_matched_stories": {"matches": _NEWEST},
    "endpoints.save_endpoint": {"entries": "references to another id, which is looked for only where the id changed, and it never does"},
}  # fmt: skip
PLANNED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A table, an alias of one or an index made on the spot that is read whole; ``index`` by which, None: the table itself."""

    statement: Statement
    table: str
    index: str | None

    def __str__(self) -> str:
        where = f"{self.statement.place}, line {self.statement.line}"
        return f"{where}: {self.table}" + (f" by {self.index}" if self.index else "")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, sqlite3.Connection]]:
    folder = tmp_path_factory.mktemp("years")
    with closing(open_for_writing(folder / "w.db")) as plain:
        migrate(plain)
        fill_years(plain, articles=1500)
        with closing(open_for_writing(folder / "analysed.db")) as analysed:
            plain.backup(analysed)
            analysed.execute("ANALYZE")
            for connection in (plain, analysed):
                open_key_counts(connection)
            yield {"in use": plain, "analysed": analysed}


@pytest.fixture(params=["in use", "analysed"])
def years(
    request: pytest.FixtureRequest, files: dict[str, sqlite3.Connection]
) -> sqlite3.Connection:
    return files[request.param]


class _Nothing(dict[str, None]):
    """A value for every name in a statement."""

    def __missing__(self, name: str) -> None:
        return None


def explain(connection: sqlite3.Connection, sql: str) -> list[str]:
    """Return the steps of SQLite's plan for a statement; none for one that has no plan."""
    if not sql.lstrip().upper().startswith(PLANNED):
        return []
    text = re.sub(r"'[^']*'", "''", sql)
    is_named = re.search(r"[:@][a-z]|\?\d", text)
    values = _Nothing() if is_named else [None] * _count_places(text)
    return [str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def _count_places(text: str) -> int:
    """Return the number of the last placeholder: one without a number comes after the highest so far."""
    last = 0
    for number in re.findall(r"\?(\d*)", text):
        last = max(last, int(number)) if number else last + 1
    return last


def list_scans(connection: sqlite3.Connection, statement: Statement) -> Iterator[Scan]:
    """Return what a statement reads whole: steps that scan a table, and indexes made for one statement only."""
    tables = {
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    for step in explain(connection, statement.sql):
        words = step.split()
        if words[0] == "SCAN" and "VIRTUAL TABLE INDEX" not in step:
            found = re.search(rf"\b(\w+)\s+AS\s+{re.escape(words[1])}\b", statement.sql)
            table = found[1] if found and found[1] in tables else words[1]
            if table in tables or table == "sqlite_master":
                index = re.search(r"USING (?:COVERING )?INDEX (\w+)", step)
                yield Scan(statement=statement, table=table, index=index and index[1])
        elif "AUTOMATIC" in step:
            yield Scan(statement=statement, table=words[1], index=None)


def test_no_table_that_grows_is_read_whole_but_where_that_is_allowed(
    years: sqlite3.Connection,
) -> None:
    found = [
        scan
        for statement in (*list_statements(), *list_canned())
        for scan in list_scans(years, statement)
    ]

    refused = [
        str(scan)
        for scan in found
        if scan.table not in SHORT
        and scan.index not in OF_WHAT_WAITS
        and scan.table not in ALLOWED.get(scan.statement.place, {})
        and scan.statement.place != "health.read_through"  # it looks for damage in every page
    ]
    assert not refused, "\n".join(refused)


def test_every_statement_is_explained(files: dict[str, sqlite3.Connection]) -> None:
    statements = list_statements()

    assert len({(one.place, one.line) for one in statements}) == count_calls()
    # nothing without a plan is one of these either
    others = {
        one.sql.split()[0] for one in statements if not one.sql.lstrip().upper().startswith(PLANNED)
    }
    assert others <= {
        "PRAGMA",
        "CREATE",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "RELEASE",
        "SAVEPOINT",
        "VACUUM",
    }
    for statement in statements:
        explain(files["in use"], statement.sql)  # raises where a name is not in the schema


def test_every_exception_is_needed(files: dict[str, sqlite3.Connection]) -> None:
    found = {
        (scan.statement.place, scan.table)
        for connection in files.values()
        for statement in (*list_statements(), *list_canned())
        for scan in list_scans(connection, statement)
    }

    allowed = {(place, table) for place, tables in ALLOWED.items() for table in tables}
    assert allowed - found == set()
