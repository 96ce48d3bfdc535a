"""Whether the daemon is well, and why not: what its process knows of itself, without the database."""

import os
from dataclasses import asdict, dataclass
from datetime import datetime

from crawler.model.cluster.state import ClusterState
from crawler.storage.process.gauges import Gauges
from crawler.text.instants import write_iso

# a crawl process that died is replaced after a second, one that hung after a minute
PATIENCE_SECONDS = 120.0
# in /metrics; a health check asks whether a restart would help
_NOT_ANSWERED = frozenset({"hung", "core_share", "cluster"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellness:
    """What the daemon knows of itself.

    crawl_process_silent_seconds  how long no crawl process has given a sign of life
    storage                       why the database cannot be used, empty while it can
    hung                          names of timers whose work has taken longer than it ever should
    core_share                    of one core that the crawl process used within the last minute
    cluster                       what is known of the workers, None without `[cluster]`
    """

    uptime_seconds: int
    crawl_process_silent_seconds: int
    visits_open: int
    restart_count: int
    memory_bytes: int
    storage: str
    hung: tuple[str, ...]
    core_share: float = 0.0
    cluster: ClusterState | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, in words; empty if all is well. A mail server that is away is no fault of the daemon."""
        found = [f"the database cannot be used: {self.storage}"] if self.storage else []
        if self.crawl_process_silent_seconds > PATIENCE_SECONDS:
            found.append(
                f"no crawl process has given a sign of life for {self.crawl_process_silent_seconds} s"
            )
        found += [f"the timer {name} hangs" for name in self.hung]
        return tuple(found)


def write_health(wellness: Wellness, gauges: Gauges | None, *, now: datetime) -> dict[str, object]:
    """Return what ``/healthz`` answers, as JSON values; instants in UTC.

    gauges  None if the database cannot be read
    """
    answer: dict[str, object] = {
        "status": "broken" if wellness.faults else "ok",
        "faults": list(wellness.faults),
        # by which `doctor` knows its daemon
        "pid": os.getpid(),
        **{name: value for name, value in asdict(wellness).items() if name not in _NOT_ANSWERED},
    }
    if gauges is not None:
        oldest, last = gauges.oldest_due_at, gauges.last_success_at
        answer |= {
            "last_success_at": write_iso(last) if last else None,
            "messages_pending": gauges.pending_count,
            "oldest_message_seconds": round((now - oldest).total_seconds()) if oldest else 0,
        }
    return answer
