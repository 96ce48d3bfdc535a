"""Bundles that workers have, and how each domain was asked so far: tables ``bundles``, ``domain_paces``, ``handing_out``.

Owner: crawl process.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model.cluster.bundle import Pace
from crawler.storage.file.database import to_instant, to_text, to_text_or_none
from crawler.storage.file.parameters import numbered

# of a column of SQLite and of PostgreSQL
_ID_BITS = 62


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolatedDomain:
    """A domain that is handed out no more, since when, and why."""

    domain: str
    since: datetime
    reason: str
    death_count: int


def open_bundle(connection: sqlite3.Connection, *, rules: str, now: datetime) -> int:
    """Save a bundle that is about to be handed out; return its id. Call inside a transaction."""
    # counted, the next ids would be in the carrier already after a backup was put back, or where another file was used with it; so
    # would instants, once a clock was set back
    bundle_id = secrets.randbits(_ID_BITS)
    connection.execute(
        "INSERT INTO bundles (id, handed_out_at, rules) VALUES (?, ?, ?)",
        [bundle_id, to_text(now), rules],
    )
    return bundle_id


def close_bundle(connection: sqlite3.Connection, bundle_id: int) -> bool:
    """Delete a bundle unless it still holds tasks; return whether it is gone. Call inside a transaction."""
    connection.execute(
        "DELETE FROM bundles WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM tasks WHERE bundle_id = ?1)",
        numbered(bundle_id),
    )
    row = connection.execute("SELECT 1 FROM bundles WHERE id = ?", [bundle_id]).fetchone()
    return row is None


def list_open_bundles(connection: sqlite3.Connection) -> dict[int, datetime]:
    """Return when each open bundle was handed out, by id."""
    rows = connection.execute("SELECT id, handed_out_at FROM bundles ORDER BY id")
    return {row["id"]: to_instant(row["handed_out_at"]) for row in rows}


def is_awaited(connection: sqlite3.Connection, bundle_id: int, number: int) -> bool:
    """Return whether notes of a bundle are not replayed yet, and the bundle is open."""
    row = connection.execute(
        "SELECT 1 FROM bundles WHERE id = ? AND replayed_no < ?", [bundle_id, number]
    ).fetchone()
    return row is not None


def take_number(connection: sqlite3.Connection, bundle_id: int, number: int) -> None:
    """Note that notes of a bundle are replayed. Call in the transaction that replays them."""
    connection.execute("UPDATE bundles SET replayed_no = ? WHERE id = ?", [number, bundle_id])


def delete_bundles(connection: sqlite3.Connection) -> None:
    """Delete all bundles and tasks: whoever holds the database visits by itself now. Call inside a transaction."""
    connection.execute("DELETE FROM tasks")
    connection.execute("DELETE FROM bundles")


def find_pace(connection: sqlite3.Connection, domain: str, *, now: datetime) -> Pace:
    """Return how a domain was asked so far."""
    row = connection.execute("SELECT * FROM domain_paces WHERE domain = ?", [domain]).fetchone()
    if row is None:
        return Pace(domain=domain)
    asked_at = row["asked_at"] and to_instant(row["asked_at"])
    return Pace(
        domain=domain,
        crawl_delay=timedelta(seconds=row["crawl_delay_seconds"]),
        latency_seconds=row["latency_seconds"],
        rested_seconds=max(0.0, (now - asked_at).total_seconds()) if asked_at else None,
    )


def save_pace(connection: sqlite3.Connection, pace: Pace, *, now: datetime) -> None:
    """Save how a domain was asked by a worker that is done with it, and did not die of it. Call inside a transaction."""
    connection.execute(
        """INSERT INTO domain_paces (domain, crawl_delay_seconds, latency_seconds, asked_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (domain) DO UPDATE SET crawl_delay_seconds = excluded.crawl_delay_seconds,
               latency_seconds = excluded.latency_seconds, asked_at = excluded.asked_at, death_count = 0,
               isolated_at = NULL, isolated_reason = NULL""",
        [pace.domain, pace.crawl_delay.total_seconds(), pace.latency_seconds, to_text(now)],
    )


def note_asked(connection: sqlite3.Connection, bundle_id: int, *, now: datetime) -> None:
    """Note that the domains whose tasks a bundle holds may have been asked until now. Call inside a transaction."""
    connection.execute(
        """INSERT INTO domain_paces (domain, asked_at) SELECT DISTINCT domain, ?2 FROM tasks WHERE bundle_id = ?1
           ON CONFLICT (domain) DO UPDATE SET asked_at = excluded.asked_at""",
        numbered(bundle_id, to_text(now)),
    )


def note_death(connection: sqlite3.Connection, domains: Iterable[str], *, now: datetime) -> None:
    """Note that a worker died while it had these domains; they count as asked until now. Call inside a transaction."""
    connection.executemany(
        """INSERT INTO domain_paces (domain, asked_at, death_count) VALUES (?, ?, 1)
           ON CONFLICT (domain) DO UPDATE SET asked_at = excluded.asked_at, death_count = death_count + 1""",
        [(domain, to_text(now)) for domain in domains],
    )


def isolate_domain(
    connection: sqlite3.Connection, domain: str, reason: str, *, now: datetime
) -> None:
    """Hand a domain out no more until a person says otherwise. Call inside a transaction."""
    connection.execute(
        "UPDATE domain_paces SET isolated_at = ?, isolated_reason = ? WHERE domain = ?",
        [to_text(now), reason, domain],
    )


def release_domains(connection: sqlite3.Connection, domains: Iterable[str] | None = None) -> int:
    """Let isolated domains be handed out again, all of them or some; return how many. Call inside a transaction."""
    names = None if domains is None else json.dumps(list(domains))
    cursor = connection.execute(
        """UPDATE domain_paces SET isolated_at = NULL, isolated_reason = NULL, death_count = 0
           WHERE isolated_at IS NOT NULL AND (?1 IS NULL OR domain IN (SELECT value FROM json_each(?1)))""",
        numbered(names),
    )
    return cursor.rowcount


def list_isolated_domains(connection: sqlite3.Connection) -> tuple[IsolatedDomain, ...]:
    """Return the domains that are handed out no more, the longest first."""
    rows = connection.execute(
        "SELECT * FROM domain_paces WHERE isolated_at IS NOT NULL ORDER BY isolated_at"
    )
    return tuple(
        IsolatedDomain(
            domain=row["domain"],
            since=to_instant(row["isolated_at"]),
            reason=row["isolated_reason"] or "",
            death_count=row["death_count"],
        )
        for row in rows
    )


def count_deaths(connection: sqlite3.Connection, domain: str) -> int:
    """Return how many workers in a row died while they had a domain."""
    row = connection.execute("SELECT death_count FROM domain_paces WHERE domain = ?", [domain]).fetchone()  # fmt: skip
    return 0 if row is None else int(row[0])


def find_drained_at(connection: sqlite3.Connection) -> datetime | None:
    """Return since when a person lets nothing be handed out, None while it is."""
    row = connection.execute("SELECT drained_at FROM handing_out").fetchone()
    return to_instant(row["drained_at"]) if row and row["drained_at"] else None


def set_drained_at(connection: sqlite3.Connection, drained_at: datetime | None) -> None:
    """Stop handing out, or begin again with None. Call inside a transaction."""
    connection.execute("UPDATE handing_out SET drained_at = ?", [to_text_or_none(drained_at)])
