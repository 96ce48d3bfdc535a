"""Whether everything that was published is read, stored and told by now."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from bench.cluster.stage.stage import Stage

# a visit each, a bundle of a worker that died last, and mail
_SETTLE_SECONDS = 180.0
_LEFT = """SELECT (SELECT count(*) FROM entries WHERE state = 'waiting'),
    (SELECT count(*) FROM deliveries WHERE state NOT IN ('sent', 'dead', 'dropped')),
    (SELECT count(*) FROM sources WHERE NOT EXISTS (
        SELECT 1 FROM visits WHERE source_id = sources.id AND started_at > ? AND outcome IN ('ok', 'unchanged')))"""
_NAMES = ("pages waiting", "messages due", "sources not read since")


def settle(stage: Stage, look: Callable[[], None] = lambda: None) -> str:
    """Wait until every source was read again and all of it is done; return what was left when the time for it was over.

    look  called about once a second
    """
    since = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    deadline, left = time.monotonic() + _SETTLE_SECONDS, [(-1, -1, -1)]
    while time.monotonic() < deadline:
        look()
        left = stage.home.ask(_LEFT, since) or left
        if not any(left[0]):
            return ""
        time.sleep(1)
    told = ", ".join(f"{count} {name}" for count, name in zip(left[0], _NAMES, strict=True))
    return f"not settled after {_SETTLE_SECONDS:g} s: {told}"


def count_notes(stage: Stage) -> int:
    """Return how many messages of notes wait for the home; -1 while PostgreSQL does not answer."""
    rows = stage.ask_postgres("SELECT count(*) AS count FROM watchword_back.notes")
    return int(rows[0]["count"]) if rows else -1
