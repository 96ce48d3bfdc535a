"""The runs table: one row a visit, counted as things happen."""

import sqlite3

from crawler.model.run import PageOutcome


def count_page(connection: sqlite3.Connection, run_id: int, outcome: PageOutcome) -> None:
    """Add one page to a run's counts. Call in the transaction that stores the page."""
    column = f"{outcome.value}_count"
    connection.execute(f"UPDATE runs SET {column} = {column} + 1 WHERE id = ?", [run_id])  # noqa: S608  # an enum's value


def note_answer(
    connection: sqlite3.Connection,
    run_id: int,
    *,
    http_status: int | None,
    found_count: int = 0,
    announced_count: int = 0,
    note: str | None = None,
) -> None:
    """Record what the source answered on this visit."""
    connection.execute(
        """UPDATE runs SET http_status = ?, found_count = ?, announced_count = ?, note = ?
           WHERE id = ?""",
        [http_status, found_count, announced_count, note, run_id],
    )


def count_matches(connection: sqlite3.Connection, run_id: int, count: int) -> None:
    """Add matches to a run's count."""
    connection.execute(
        "UPDATE runs SET match_count = match_count + ? WHERE id = ?", [count, run_id]
    )
