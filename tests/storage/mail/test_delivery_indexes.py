"""Frequent queries about messages do not read all messages ever sent."""

import sqlite3

import pytest

from crawler.model.mail.alert import HELD
from crawler.storage.mail.deliveries import (
    list_attempted_at,
    list_due_transports,
    list_spellings,
)
from crawler.storage.mail.delivery_times import list_planned
from crawler.storage.mail.messages import (
    find_last_moment,
    find_open_digest,
    has_digest_due,
    list_recent_singles,
)
from crawler.storage.process.health import list_dead_messages
from tests.fakes import START

ME, SERIES = "me@example.org", "watch drones"


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda c: find_open_digest(c, ME, HELD), "deliveries_joinable"),
        (lambda c: find_open_digest(c, ME, SERIES, due_at=START), "deliveries_joinable"),
        (lambda c: find_last_moment(c, ME, SERIES), "deliveries_digests"),
        (lambda c: has_digest_due(c, ME, since=START, until=START), "deliveries_digests"),
        (lambda c: has_digest_due(c, ME, since=START, until=START), "deliveries_reports"),
        (lambda c: list_spellings(c, ME), "deliveries_by_recipient"),
        (
            lambda c: list_recent_singles(c, ME, until=START, limit=9),
            "recipient=? AND created_at>?",
        ),
        (lambda c: list_dead_messages(c, since=START), "deliveries_unsent"),
        (lambda c: list_due_transports(c, now=START), "deliveries_pending"),
        (lambda c: list_planned(c, now=START), "deliveries_pending"),
        (lambda c: list_attempted_at(c, 1), "attempts_by_delivery"),
    ],
)
def test_an_index_answers(database: sqlite3.Connection, ask: object, index: str) -> None:
    assert callable(ask)
    asked = list[str]()
    database.set_trace_callback(asked.append)
    ask(database)
    database.set_trace_callback(None)

    plan = [
        row["detail"]
        for statement in asked
        for row in database.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]

    assert any(index in step for step in plan), plan
    assert not any(step.startswith("SCAN deliveries") and "INDEX" not in step for step in plan), (
        plan
    )
