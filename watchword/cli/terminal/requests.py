"""How a command changes what is stored: it asks the daemon, or does it itself, under the same lock, where none runs."""

# what does the work is for those who ask, not for --help.
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

# a person waits for a prompt: the file is asked for this long, and the daemon for its answer
_BUSY_SECONDS = 1.0
_ANSWER_SECONDS = 10.0
_LOOK_SECONDS = 0.1


def ask(context: Context, kind: RequestKind, arguments: Mapping[str, object]) -> bool:
    """Have something done and print the answer; return False where it is noted and not answered yet.

    raises  ClickException where it was refused, or could not even be noted
    """
    with tell_plainly(context), hold_alone(context) as connection:
        if connection is not None:
            request_id = _do_now(context, connection, kind, arguments)
            answered = find_request(connection, request_id)
        else:
            request_id = _note(context.config.store.path, kind, arguments)
            answered = _wait_for_answer(context.config.store.path, request_id)
    if answered is None:
        click.echo(
            f"Noted as request {request_id}; {_name_holder(context)} has not answered yet: `watchword activity` shows it."
        )
        return False
    if not answered["is_done"]:
        raise click.ClickException(answered["answer"])
    click.echo(answered["answer"])
    return True


@contextmanager
def hold_alone(context: Context) -> Iterator[sqlite3.Connection | None]:
    """Hold the database as a daemon does and give a connection that may write; None where somebody else holds it.

    raises  DatabaseUnusable where there is none, or no place for the lock
    """
    path = context.config.store.path
    from crawler.storage.file.instance_lock import InstanceLock

    context.open_database().close()  # says so where there is none, or one of an earlier release
    with ExitStack() as stack:
        try:
            stack.enter_context(InstanceLock(path, holder=_name_command()))
        except AlreadyRunning:
            yield None
            return
        yield stack.enter_context(closing(_open(path)))


@contextmanager
def tell_plainly(context: Context) -> Iterator[None]:
    """Say to a person that the file cannot be written now, in place of a traceback."""
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
    """Say who asks: the user and the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        user = str(os.getuid())
    return f"command line: {user}@{socket.gethostname()}"


def _name_command() -> str:
    """Return the name of the command that runs, without its arguments."""
    running = click.get_current_context(silent=True)
    return running.command_path if running is not None else "watchword"


def _name_holder(context: Context) -> str:
    """Name who has the database in use and was asked; where nobody has by now, it is the next who does."""
    from crawler.storage.file.instance_lock import find_holder

    note = find_holder(context.config.store.path)
    return note.name if note is not None else "the daemon"


def note_done(
    connection: sqlite3.Connection, kind: RequestKind, arguments: Mapping[str, object], answer: str
) -> None:
    """Leave the row of something that was done under the lock, so that it is listed like all that was asked."""
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
    """Do it at once, after what was asked earlier and nobody was there to do, and return the request's id."""
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
    """Return the answered request; None where no answer comes in time."""
    deadline = time.monotonic() + _ANSWER_SECONDS
    with closing(open_for_reading(path)) as connection:
        while time.monotonic() < deadline:
            row = find_request(connection, request_id)
            if row is not None and row["done_at"] is not None:
                return row
            time.sleep(_LOOK_SECONDS)
    return None
