"""The option ``watchword doctor --alive``: checks the daemon's heartbeat and nothing else."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click

from crawler.clock import utc_now
from crawler.config.files.places import find_database
from crawler.storage.file.database import open_for_reading
from crawler.storage.file.instance_lock import find_wait
from crawler.storage.file.read_only import explain_failure
from crawler.storage.process.heartbeats import is_alive
from watchword.doctor.machine.waking import wait_for_beat


def answer_alive(config: Path) -> None:
    """Print whether the daemon is alive; exit with 1 if not.

    A fault of the configuration is no reason to fail: the daemon that is checked runs on the last good version.
    """
    try:
        database = find_database(config)
        if waits_for := find_wait(database):
            click.echo(f"alive, waiting for {waits_for}")
            return
        with closing(open_for_reading(database)) as connection:
            now = wait_for_beat(connection, database, now=utc_now())
            lives = is_alive(connection, now=now)
    except sqlite3.Error as error:
        raise _unknown(explain_failure(error, "the database")) from error
    except (OSError, ValueError, TypeError) as error:  # a damaged table can hold anything
        raise _unknown(str(error)) from error
    click.echo("alive" if lives else "not alive: there is no recent heartbeat")
    if not lives:
        raise SystemExit(1)


def _unknown(why: str) -> click.ClickException:
    return click.ClickException(f"the heartbeat cannot be read: {why}")
