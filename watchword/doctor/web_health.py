"""The finding about the web pages that the daemon serves."""

import sqlite3
from collections.abc import Callable

from crawler.storage.process.heartbeats import NO_WEB_PAGES, list_heartbeats
from watchword.doctor.findings import Finding, Verdict


def web_looks(connection: sqlite3.Connection) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a check that shows why the daemon's web pages are not open; nothing if they are, or if it serves none."""
    beats = {row["name"]: row for row in list_heartbeats(connection)}
    if NO_WEB_PAGES not in beats:
        return []
    found = Finding(
        subject="web pages",
        verdict=Verdict.LOOK,
        summary=f"not open: {beats[NO_WEB_PAGES]['note']}",
        remedy="the daemon tries again each minute; the output of their process is in its log",
    )
    return [("web pages", lambda: found)]
