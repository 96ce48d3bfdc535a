"""The numbers of /metrics are true of things that never happened, too."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.model.cluster.state import ClusterState, WorkerFacts
from crawler.storage.file.faults import find_little_room
from crawler.storage.process.gauges import Gauges
from scheduler.health.metrics import Backups, write_metrics
from scheduler.health.wellness import Wellness
from tests.fakes import START
from tests.storage.disks import mount_small_disk, needs_root

DAY = timedelta(days=1)
WELL = Wellness(
    uptime_seconds=1,
    crawl_process_silent_seconds=0,
    visits_open=0,
    restart_count=0,
    memory_bytes=0,
    storage="",
    hung=(),
)
STARTED = Gauges(
    sources={},
    last_success_at=None,
    pending_count=0,
    dead_count=0,
    oldest_due_at=None,
    waiting_page_count=0,
    totals={"articles": 0, "matches": 0, "alerts": 0, "visits": 0},
    first_start_at=START,
)


def list_numbers(
    database: Path, backups: Backups, *, days: int, wellness: Wellness = WELL
) -> dict[str, float]:
    """Return the numbers so many days after the first start, those with labels as in ``name/state``."""
    now = START + days * DAY
    text = write_metrics(wellness, STARTED, database, backups=backups, now=now).decode()
    return {
        "/".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def find_overdue(folder: Path, backups: Backups, *, days: int) -> float | None:
    """Return how late the next backup is; None if that is not said."""
    numbers = list_numbers(folder / "watchword.db", backups, days=days)
    return numbers.get("watchword_backup_overdue_seconds")


def test_a_backup_that_was_never_made_is_late(tmp_path: Path) -> None:
    assert find_overdue(tmp_path, Backups(None, DAY), days=4) == 3 * 86_400
    assert find_overdue(tmp_path, Backups(None, DAY), days=1) == 0
    assert find_overdue(tmp_path, Backups(START + 2 * DAY, DAY), days=4) == 86_400
    assert find_overdue(tmp_path, Backups(START + 2 * DAY, 7 * DAY), days=4) == 0
    assert find_overdue(tmp_path, Backups(START + 2 * DAY, None), days=4) is None


@needs_root
def test_a_link_to_the_database_is_followed_to_its_disk(tmp_path: Path) -> None:
    link = tmp_path / "watchword.db"
    with mount_small_disk(tmp_path / "disk", megabytes=4) as disk:
        link.symlink_to(disk.path / "news.db")
        (disk.path / "news.db").write_bytes(b"x" * 1000)
        (disk.path / "news.db-wal").write_bytes(b"x" * 500)

        found = list_numbers(link, Backups(None, None), days=1)

        assert found["watchword_database_bytes"] == 1500
        assert found["watchword_disk_free_bytes"] < 4_200_000
        assert find_little_room(link) is not None


STUCK = WorkerFacts(
    name="w1", version="1", places=4, busy=2, beat_at=START, trouble="PostgreSQL: disk full"
)
FULL = ClusterState(
    each=(STUCK, replace(STUCK, name="w2", trouble="")),
    workers=2, busy=3, places=8, waiting=4, running=5, notes=6, oldest_seconds=7, isolated=1, deaths=9
)  # fmt: skip


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        (None, {}),
        (ClusterState(is_known=False), {}),
        (ClusterState(is_known=False, trouble="refused"), {"available": 0}),
        (
            replace(FULL, is_drained=True, rest="workers learn", rests_until=START + timedelta(seconds=30)),
            {
                "available": 1, "rest_seconds": 30, "drained": 1, "workers": 2, "stuck_workers": 1, "places/busy": 3, "places/free": 5,
                "bundles/waiting": 4, "bundles/running": 5, "notes_waiting": 6, "notes_oldest_seconds": 7,
                "isolated_domains": 1, "worker_deaths_total": 9,
            },
        ),
        (
            ClusterState(trouble="refused"),
            {
                "available": 0, "rest_seconds": 0, "drained": 0, "workers": 0, "stuck_workers": 0, "places/busy": 0, "places/free": 0,
                "bundles/waiting": 0, "bundles/running": 0, "notes_waiting": 0, "notes_oldest_seconds": 0,
                "isolated_domains": 0, "worker_deaths_total": 0,
            },
        ),
    ],
    ids=["no cluster", "just started", "never reached", "all at work", "lost with nothing at work"],
)  # fmt: skip
def test_the_numbers_of_a_cluster_are_those_that_are_known(
    tmp_path: Path, cluster: ClusterState | None, expected: dict[str, float]
) -> None:
    numbers = list_numbers(
        tmp_path / "watchword.db",
        Backups(None, None),
        days=0,
        wellness=replace(WELL, cluster=cluster),
    )

    prefix = "watchword_cluster_"
    found = {
        name.removeprefix(prefix): value
        for name, value in numbers.items()
        if name.startswith(prefix) and not name.endswith("_created")
    }
    assert found == expected
