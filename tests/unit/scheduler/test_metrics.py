"""The numbers of /metrics are true of things that never happened, too."""

from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from crawler.storage.process.gauges import Gauges
from scheduler.health.metrics import Backups, write_metrics
from scheduler.health.wellness import Wellness
from tests.fakes import START

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


def find_overdue(folder: Path, backups: Backups, *, days: int) -> float | None:
    """Return how late the next backup is so many days after the first start; None if that is not said."""
    now = START + days * DAY
    text = write_metrics(WELL, STARTED, folder / "watchword.db", backups=backups, now=now)
    samples = (
        sample
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    )
    return next((one.value for one in samples if "overdue" in one.name), None)


def test_a_backup_that_was_never_made_is_late(tmp_path: Path) -> None:
    assert find_overdue(tmp_path, Backups(None, DAY), days=4) == 3 * 86_400
    assert find_overdue(tmp_path, Backups(None, DAY), days=1) == 0
    assert find_overdue(tmp_path, Backups(START + 2 * DAY, DAY), days=4) == 86_400
    assert find_overdue(tmp_path, Backups(START + 2 * DAY, 7 * DAY), days=4) == 0
    assert find_overdue(tmp_path, Backups(START + 2 * DAY, None), days=4) is None
