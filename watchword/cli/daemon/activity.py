"""The command ``watchword activity``: who requested what, when, and the answers."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import click

from crawler.clock import utc_now
from crawler.model.request import RequestKind
from crawler.storage.file.database import to_instant
from crawler.storage.process.requests import count_requests, list_requests
from crawler.text.counts import write_count
from crawler.text.instants import write_instant
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, Row, format_time, limit_option, print_rows
from watchword.cli.terminal.context import Context, pass_context


def _columns(write_time: Callable[[str], str]) -> Columns:
    return {
        "id": number("id"),
        "asked_at": Column(heading="asked", write=lambda row: write_time(str(row["asked_at"]))),
        "asked_by": Column(heading="by", write=_name_asker, rank=1),
        "state": "state",
        "what": Column(heading="what", write=_describe, is_free=True),
        "answer": Column(heading="answer", is_below=True),
    }


# what --json prints
_FIELDS = "id kind arguments asked_by asked_at taken_at done_at is_done answer state"


@click.command()
@click.option("--open", "is_open", is_flag=True, help="Only requests without an answer.")
@limit_option
@json_option(_FIELDS)
@pass_context
def activity(context: Context, *, is_open: bool, limit: int, as_json: Json | None) -> None:
    """List requests made by commands or by buttons in messages, with their results, newest first.

    A command that changes something stores a request, which the daemon takes up within a second and answers. If no
    daemon runs, the command does the work itself. What a killed daemon left unanswered is done at the next start.

    \b
    Examples:
      watchword activity
      watchword activity --open
    """
    zone, now = context.zone, utc_now()
    with closing(context.open_database()) as connection:
        rows = [_read(row) for row in list_requests(connection, limit=limit, is_open=is_open)]
        total = len(rows) if len(rows) < limit else count_requests(connection, is_open=is_open)
    columns = _columns(lambda text: format_time(text, zone, now=now))
    print_rows(rows, columns, as_json=as_json, empty="There are no requests yet.", total=total)


def _read(row: sqlite3.Row) -> dict[str, Any]:
    done = row["is_done"]
    return {
        **dict(row),
        "arguments": json.loads(row["arguments"]),
        "is_done": None if done is None else bool(done),
        "state": describe_state(row),
    }


def describe_state(row: sqlite3.Row) -> str:
    """Return the state of a request: waiting, taken, done or refused."""
    if row["done_at"] is not None:
        return "done" if row["is_done"] else "refused"
    return "waiting" if row["taken_at"] is None else "taken"


def _name_asker(row: Row) -> str:
    return str(row["asked_by"]).removeprefix("command line: ").replace("web page: ", "message of ")


def _describe(row: Row) -> str:
    arguments = row["arguments"]
    return describe_request(str(row["kind"]), arguments if isinstance(arguments, dict) else {})


def describe_request(kind: str, arguments: dict[str, Any]) -> str:
    """Return what was requested, in a few words."""
    word = _WORDS.get(kind, kind)
    describe = _SUBJECTS.get(kind)
    try:
        return f"{word} {describe(arguments)}".rstrip() if describe else word
    except (
        KeyError,
        TypeError,
    ):  # a row of another program, or of another release, is listed all the same
        return word


def _several(word: str, ids: list[Any] | None) -> str:
    """Return up to three ids in words, which is enough to recognise a request; "every" for None."""
    if ids is None:
        return f"every {word}"
    names = ", ".join(map(str, ids[:3])) + (", ..." if len(ids) > 3 else "")
    return f"{word} {names}"


_WORDS: dict[str, str] = {
    RequestKind.LINE_RULE: "rule on a line",
    RequestKind.SAVE_WATCH: "save the watch",
    RequestKind.SAVE_SOURCE: "save the source",
    RequestKind.TEST_MAIL: "test mail to",
    RequestKind.CLUSTER_RETRY: "hand out again",
    RequestKind.CLUSTER_DRAIN: "workers:",
}
_SUBJECTS: dict[str, Callable[[dict[str, Any]], str]] = {
    RequestKind.VISIT: lambda asked: (
        _several("", asked["sources"]).strip()
        if len(asked["sources"]) <= 3
        else write_count(len(asked["sources"]), "source")
    ),
    RequestKind.BACKFILL: lambda asked: f"{asked['source']} since {write_instant(to_instant(asked['since']))}",
    RequestKind.MUTE: lambda asked: asked["watch"],
    RequestKind.UNMUTE: lambda asked: asked["watch"],
    RequestKind.UNSUBSCRIBE: lambda asked: f"({asked['action']}), message {asked['delivery']}",
    RequestKind.REJECT: lambda asked: _several("alert", asked["alerts"]),
    RequestKind.RETRY: lambda asked: _several("dead message" if asked["alerts"] is None else "alert", asked["alerts"]),
    RequestKind.RESEND: lambda asked: f"alert {asked['alert']}",
    RequestKind.SAVE_WATCH: lambda asked: asked["name"],
    RequestKind.SAVE_SOURCE: lambda asked: asked["name"],
    RequestKind.TEST_MAIL: lambda asked: asked["recipient"],
    RequestKind.CLUSTER_RETRY: lambda asked: _several("isolated domain" if asked["domains"] is None else "", asked["domains"]).strip(),
    RequestKind.CLUSTER_DRAIN: lambda asked: "drain" if asked["is_on"] else "end of draining",
    RequestKind.STAR: lambda asked: _several("story", asked["stories"]),
    RequestKind.READ: lambda asked: _several("story", asked["stories"]),
    RequestKind.SPLIT: lambda asked: f"story {asked['story']}",
    RequestKind.LINE_RULE: lambda asked: f"of {asked['source']}",
    RequestKind.REPROCESS: lambda asked: f"since {write_instant(to_instant(asked['since']))}",
}  # fmt: skip
