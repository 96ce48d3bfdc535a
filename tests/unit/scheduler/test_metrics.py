"""The numbers of /metrics are true of things that never happened, too."""

from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

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


def list_numbers(database: Path, backups: Backups, *, days: int) -> dict[str, float]:
    """Return the numbers so many days after the first start."""
    now = START + days * DAY
    text = write_metrics(WELL, STARTED, database, backups=backups, now=now).decode()
    return {
        sample.name: sample.value
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
