"""Findings about the web pages that the daemon serves."""

import sqlite3
from collections.abc import Callable

from crawler.storage.process.heartbeats import NO_WEB_PAGES, list_heartbeats
from watchword.doctor.findings import Finding, Verdict


def web_looks(connection: sqlite3.Connection) -> list[tuple[str, Callable[[], Finding]]]:
    """Return a look at the web pages that the daemon cannot open, or nothing if it has none or they are open."""
    beats = {row["name"]: row for row in list_heartbeats(connection)}
    if NO_WEB_PAGES not in beats:
        return []
    found = Finding(
        subject="web pages",
        verdict=Verdict.LOOK,
        summary=f"not open: {beats[NO_WEB_PAGES]['note']}",
        remedy="the daemon tries again each minute; its log has what their process said",
    )
    return [("web pages", lambda: found)]
