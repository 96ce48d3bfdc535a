"""How a command changes the database: it asks the daemon, or takes the daemon's lock if none runs (decision 021)."""

# imported where it is used: --help must not wait for the code that does the work.
# ruff: noqa: PLC0415
import getpass
import os
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import click

from crawler.clock import utc_now
from crawler.errors import AlreadyRunning
from crawler.model.request import CRAWL_KINDS, RequestKind
from crawler.storage.file.database import open_for_reading, open_for_writing, transaction
from crawler.storage.file.owners import Owner
from crawler.storage.process.requests import find_request, mark_done, save_request
from watchword.cli.terminal.context import Context

# a person waits: beyond this the command says that the file is in use, or where the answer will be found. The daemon takes
# a request up within a second, but may be writing a long transaction just then.
_BUSY_SECONDS = 1.0
_ANSWER_SECONDS = 10.0
# short enough that nobody notices it after the daemon's answer
_LOOK_SECONDS = 0.1


def ask(context: Context, kind: RequestKind, arguments: Mapping[str, object]) -> bool:
    """Have a request carried out and print the answer; return False if it is stored, but not answered yet.

    raises  ClickException if it was refused or could not be stored
    """
    with explain_database_errors(context), hold_alone(context) as connection:
        if connection is not None:
            request_id = _do_now(context, connection, kind, arguments)
            answered = find_request(connection, request_id)
        else:
            request_id = _note(context.config.store.path, kind, arguments)
            answered = _wait_for_answer(context.config.store.path, request_id)
    if answered is None:
        click.echo(
            f"Noted as request {request_id}; {_name_holder(context)} has not answered yet: `watchword activity` will show the answer."
        )
        return False
    if not answered["is_done"]:
        raise click.ClickException(answered["answer"])
    click.echo(answered["answer"])
    return True


@contextmanager
def hold_alone(context: Context) -> Iterator[sqlite3.Connection | None]:
    """Take the daemon's lock and yield a connection that may write; yield None if another process holds the lock.

    raises  DatabaseUnusable if there is no database, or no place for the lock
    """
    path = context.config.store.path
    from crawler.storage.file.instance_lock import InstanceLock

    context.open_database().close()  # raises if there is no database, or one of an earlier release
    with ExitStack() as stack:
        try:
            stack.enter_context(InstanceLock(path, holder=_name_command()))
        except AlreadyRunning:
            yield None
            return
        yield stack.enter_context(closing(_open(path)))


@contextmanager
def explain_database_errors(context: Context) -> Iterator[None]:
    """Turn an error of SQLite into a ClickException that says why the file cannot be written."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        path, code = context.config.store.path, getattr(error, "sqlite_errorname", "")
        if code.startswith("SQLITE_BUSY"):
            raise click.ClickException(
                f"the database {path} is in use by another program; nothing was changed, try again in a moment"
            ) from error
        raise click.ClickException(
            f"the database {path} cannot be written: {error}; nothing was changed"
        ) from error


def name_asker() -> str:
    """Return who makes a request, as it is stored: ``command line: user@machine``."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a uid without a name
        user = str(os.getuid())
    return f"command line: {user}@{socket.gethostname()}"


def _name_command() -> str:
    """Return the running command, without its arguments."""
    running = click.get_current_context(silent=True)
    return running.command_path if running is not None else "watchword"


def _name_holder(context: Context) -> str:
    """Return who has the database in use; "the daemon" if nobody has by now, as the next daemon will answer."""
    from crawler.storage.file.instance_lock import find_holder

    note = find_holder(context.config.store.path)
    return note.name if note is not None else "the daemon"


def note_done(
    connection: sqlite3.Connection, kind: RequestKind, arguments: Mapping[str, object], answer: str
) -> None:
    """Store an answered request for work done under the lock, so that ``watchword activity`` lists it."""
    now = utc_now()
    with transaction(connection):
        request_id = save_request(connection, kind, arguments, asked_by=name_asker(), now=now)
        mark_done(connection, request_id, answer, is_done=True, now=now)


def _open(path: Path, owner: Owner = Owner.ALL) -> sqlite3.Connection:
    return open_for_writing(path, owner=owner, busy_seconds=_BUSY_SECONDS)


def _note(path: Path, kind: RequestKind, arguments: Mapping[str, object]) -> int:
    with closing(_open(path, Owner.PERSON)) as connection, transaction(connection):
        return save_request(connection, kind, arguments, asked_by=name_asker(), now=utc_now())


def _do_now(
    context: Context,
    connection: sqlite3.Connection,
    kind: RequestKind,
    arguments: Mapping[str, object],
) -> int:
    """Store a request and carry it out after all that are still open; return its id."""
    with transaction(connection):
        request_id = save_request(connection, kind, arguments, asked_by=name_asker(), now=utc_now())
    if kind in CRAWL_KINDS:
        from crawler.flows.crawl_requests import settle_all_open_requests

        settle_all_open_requests(connection, context.config, now=utc_now())
    else:
        from crawler.flows.mail.requests import settle_open_requests

        settle_open_requests(connection, context.config, now=utc_now())
    return request_id


def _wait_for_answer(path: Path, request_id: int) -> sqlite3.Row | None:
    """Return the answered request; None if no answer comes in time."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    with closing(open_for_reading(path)) as connection:
        while time.monotonic() < deadline:
            row = find_request(connection, request_id)
            if row is not None and row["done_at"] is not None:
                return row
            time.sleep(_LOOK_SECONDS)
    return None
