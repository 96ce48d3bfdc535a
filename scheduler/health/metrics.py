"""The text of ``/metrics``, in Prometheus' format. Names and labels are listed in docs/operating/health.md."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crawler.model.cluster.state import ClusterState
from crawler.storage.file.beside.set_aside import beside, find_place
from crawler.storage.file.faults import free_bytes
from crawler.storage.process.gauges import Gauges
from scheduler.health.wellness import Wellness

_HEALTH = ("new", "ok", "failing", "quiet", "degraded")
_TOTALS = {
    "articles": "Articles ever stored",
    "matches": "Texts that a watch matched",
    "alerts": "Alerts raised",
    "visits": "Visits to sources that ended",
}


@dataclass(frozen=True, slots=True)
class Backups:
    """When the newest backup was made, None without one; and how often one is to be made, None for never."""

    newest_at: datetime | None
    every: timedelta | None


class _Numbers(Collector):
    def __init__(
        self, wellness: Wellness, gauges: Gauges | None, database: Path, backups: Backups, now: datetime
    ) -> None:  # fmt: skip
        self._wellness, self._gauges = wellness, gauges
        self._database, self._backups, self._now = database, backups, now

    def collect(self) -> Iterable[Metric]:
        yield from self._own()
        yield from self._file()
        yield from self._backup()
        if self._gauges is not None:
            yield from _stored(self._gauges, self._now)
        if self._wellness.cluster is not None:
            yield from _of_cluster(self._wellness.cluster, self._now)

    def _own(self) -> Iterator[Metric]:
        own = self._wellness
        yield _gauge("well", "1 if /healthz answers 200", not own.faults)
        yield _gauge("uptime_seconds", "Since the daemon started", own.uptime_seconds)
        yield _gauge("storage_available", "1 if the database can be written", not own.storage)
        yield _gauge("crawl_process_silent_seconds", "Since its last sign of life", own.crawl_process_silent_seconds)  # fmt: skip
        yield _gauge("crawl_process_memory_bytes", "Resident memory", own.memory_bytes)
        yield _gauge(
            "crawl_process_core_share", "Of one core, within the last minute", own.core_share
        )
        yield _gauge("visits_open", "Visits under way", own.visits_open)
        yield _gauge("timers_hung", "Timers whose work does not end", len(own.hung))
        yield CounterMetricFamily("watchword_crawl_process_restarts", "Crawl processes that died", value=own.restart_count)  # fmt: skip

    def _file(self) -> Iterator[Metric]:
        files = [beside(find_place(self._database), end) for end in ("", "-wal")]
        size = sum(file.stat().st_size for file in files if file.exists())
        yield _gauge("database_bytes", "Size of the database with its -wal file", size)
        free = free_bytes(self._database)
        if free is not None:
            yield _gauge("disk_free_bytes", "Free on the disk of the database", free)

    def _backup(self) -> Iterator[Metric]:
        newest, every = self._backups.newest_at, self._backups.every
        if newest is not None:
            moment = newest.timestamp()
            yield _gauge("backup_timestamp_seconds", "When the newest backup was made", moment)
        # one that was never made is late, too
        since = newest or (self._gauges and self._gauges.first_start_at)
        if every and since:
            late = max(0.0, (self._now - since - every).total_seconds())
            yield _gauge("backup_overdue_seconds", "How late the next backup is", late)


def _stored(gauges: Gauges, now: datetime) -> Iterator[Metric]:
    sources = GaugeMetricFamily("watchword_sources", "Sources by health", labels=["health"])
    for health in _HEALTH:
        sources.add_metric([health], gauges.sources.get(health, 0))
    yield sources
    messages = GaugeMetricFamily("watchword_messages", "Messages not sent", labels=["state"])
    messages.add_metric(["pending"], gauges.pending_count)
    messages.add_metric(["dead"], gauges.dead_count)
    yield messages
    oldest = gauges.oldest_due_at
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0
    yield _gauge("oldest_message_seconds", "How late the oldest pending message is", age)
    yield _gauge("pages_waiting", "Pages still to be read", gauges.waiting_page_count)
    if gauges.last_success_at is not None:
        moment = gauges.last_success_at.timestamp()
        yield _gauge("last_success_timestamp_seconds", "Last visit that succeeded", moment)
    for name, words in _TOTALS.items():
        yield CounterMetricFamily(f"watchword_{name}", words, value=gauges.totals[name])


def _of_cluster(state: ClusterState, now: datetime) -> Iterator[Metric]:
    if state.is_known or state.trouble:
        yield _gauge("cluster_available", "1 if PostgreSQL answers", not state.trouble)
    if not state.is_known:  # zeros would say that all workers are gone
        return
    yield _gauge("cluster_rest_seconds", "How long nothing is handed out yet", state.count_rest_seconds(now))  # fmt: skip
    yield _gauge(
        "cluster_drained", "1 if nothing is handed out because somebody said so", state.is_drained
    )
    yield _gauge("cluster_workers", "Workers that beat", state.workers)
    yield _gauge("cluster_stuck_workers", "Workers that beat and can exchange nothing else", len(state.list_stuck()))  # fmt: skip
    places = GaugeMetricFamily(
        "watchword_cluster_places", "Places of these workers for bundles", labels=["state"]
    )
    places.add_metric(["busy"], min(state.busy, state.places))
    places.add_metric(["free"], max(0, state.places - state.busy))
    yield places
    bundles = GaugeMetricFamily("watchword_cluster_bundles", "Bundles handed out", labels=["state"])
    bundles.add_metric(["waiting"], state.waiting)
    bundles.add_metric(["running"], state.running)
    yield bundles
    yield _gauge("cluster_notes_waiting", "Messages of workers that wait for the home", state.notes)
    yield _gauge(
        "cluster_notes_oldest_seconds", "How long the oldest of them waits", state.oldest_seconds
    )
    yield _gauge("cluster_isolated_domains", "Domains that are handed out no more", state.isolated)
    yield CounterMetricFamily(
        "watchword_cluster_worker_deaths", "Workers that died with a bundle", value=state.deaths
    )


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"watchword_{name}", words, value=float(value))


def write_metrics(
    wellness: Wellness, gauges: Gauges | None, database: Path, *, backups: Backups, now: datetime
) -> bytes:  # fmt: skip
    """Return the metrics as text.

    gauges  None if the database cannot be read: its numbers are then missing, and storage_available is 0
    """
    registry = CollectorRegistry()
    registry.register(_Numbers(wellness, gauges, database, backups, now))
    return generate_latest(registry)
