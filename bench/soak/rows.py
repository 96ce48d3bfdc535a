"""The database of a soak, read from outside: how many rows there are, and which visits came late."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bench.soak.daemon import Running

_COUNTS = {
    "articles": "SELECT count(*) FROM articles",
    "pages": "SELECT count(*) FROM pages",
    "entries waiting": "SELECT count(*) FROM entries WHERE state = 'waiting'",
    "alerts": "SELECT count(*) FROM alerts",
    "alerts in the outbox": "SELECT count(*) FROM outbox",
    "messages sent": "SELECT count(*) FROM deliveries WHERE state = 'sent'",
    "messages due": "SELECT count(*) FROM deliveries WHERE state NOT IN ('sent', 'dead', 'dropped')",
    "messages dead": "SELECT count(*) FROM deliveries WHERE state = 'dead'",
    "visits open": "SELECT count(*) FROM visits WHERE finished_at IS NULL",
}
_SOURCE_FACTS = """SELECT sources.name, count(visits.finished_at), sum(visits.outcome = 'failed'),
    (SELECT note FROM visits AS last WHERE last.source_id = sources.id AND note IS NOT NULL ORDER BY id DESC LIMIT 1),
    (SELECT count(*) FROM articles WHERE articles.source_id = sources.id)
    FROM sources LEFT JOIN visits ON visits.source_id = sources.id GROUP BY sources.id"""
# a failed or interrupted visit has read nothing
_VISITS = """SELECT sources.name, visits.finished_at FROM visits JOIN sources ON sources.id = visits.source_id
    WHERE visits.finished_at IS NOT NULL AND visits.outcome NOT IN ('failed', 'interrupted') ORDER BY visits.finished_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """How punctually sources were visited.

    on_time      share of time, over all sources, in which the last visit was recent enough
    late_count   waits between two visits that were too long
    late_sources names of the sources with such waits, the longest wait of each in seconds
    """

    on_time: float
    late_count: int
    late_sources: Mapping[str, float]


def count_rows(running: Running) -> dict[str, int]:
    """Return the number of rows of each table; tables that do not exist are left out."""
    counted = {name: running.ask(sql) for name, sql in _COUNTS.items()}
    return {name: int(rows[0][0]) for name, rows in counted.items() if rows}


def list_visited(running: Running) -> set[str]:
    """Return the names of sources that were read at least once."""
    return {row[0] for row in running.ask("SELECT name FROM sources WHERE visited_at IS NOT NULL")}


def list_visits(running: Running) -> dict[str, list[datetime]]:
    """Return when each source was read."""
    visits: dict[str, list[datetime]] = {}
    for name, finished_at in running.ask(_VISITS):
        visits.setdefault(name, []).append(datetime.fromisoformat(finished_at))
    return visits


def list_source_facts(running: Running) -> dict[str, dict[str, object]]:
    """Return for each source its visits, how many failed and why, and its number of articles."""
    return {
        name: {"visits": visits, "failed": failed or 0, "last note": note, "articles": articles}
        for name, visits, failed, note, articles in running.ask(_SOURCE_FACTS)
    }


def judge_punctuality(
    visits: Mapping[str, Sequence[datetime]],
    names: Iterable[str],
    *,
    begin: datetime,
    end: datetime,
    longest_wait: timedelta,
) -> Punctuality:
    """Return how punctually sources were visited between two moments.

    longest_wait  between two visits, and from the beginning to the first; a longer one is late
    """
    total, late, late_count = timedelta(), timedelta(), 0
    late_sources: dict[str, float] = {}
    for name in names:
        moments = [begin, *(m for m in visits.get(name, ()) if begin < m < end), end]
        waits = [after - before for before, after in pairwise(moments)]
        too_long = [wait - longest_wait for wait in waits if wait > longest_wait]
        total += end - begin
        late += sum(too_long, timedelta())
        late_count += len(too_long)
        if too_long:
            late_sources[name] = max(waits).total_seconds()
    share = 1 - late / total if total else 1.0
    return Punctuality(on_time=share, late_count=late_count, late_sources=late_sources)
