"""The command ``watchword worker``: visits what the home hands out, on any machine."""

import logging
import os
import re
import signal
import socket
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import click

from crawler.log import LOG_FORMAT, set_up_logging
from crawler.machine.processes.outputs import write_in_background
from crawler.text.counts import write_count
from watchword.cli.terminal.context import Context, pass_context

if TYPE_CHECKING:  # --help must not wait for pydantic
    from crawler.config.schema import Config


@click.command()
@click.option("--places", type=click.IntRange(1, 64), help="How many bundles to have at a time; without it `[cluster] places`.")  # fmt: skip
@click.option("--name", metavar="NAME", help="Name in listings; without it `[cluster] name`, or this machine's name and the process number.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Show only warnings and errors.")
@click.option("--log-format", type=click.Choice(["text", "json"]), envvar=LOG_FORMAT, default="text", show_default=True, help="Lines of the log, on stderr.")  # fmt: skip
@pass_context
def worker(
    context: Context, *, places: int | None, name: str | None, quiet: bool, log_format: str
) -> None:
    """Visit what the home hands out, until stopped. The home is `watchword run` with the same `[cluster] database`.

    A worker has no database file, sources, watches or mail settings; only sources that need a login must be in its
    configuration, by name and with the login. Without any such source it needs no configuration file: WATCHWORD_CLUSTER_DATABASE
    or WATCHWORD_CLUSTER_DATABASE_FILE is enough. Ctrl-C or SIGTERM ends it in order within ten seconds; what it had not done
    goes to other workers.

    \b
    Exit codes:
      0  stopped
      1  the home is of another release, its clock differs, or the home was never started
      2  the configuration has faults
    \b
    Examples:
      watchword worker
      watchword worker --places 8 --name kiel
    """
    config, database = _read(context)
    write_in_background()
    os.environ[LOG_FORMAT] = log_format  # for the processes it starts, too
    set_up_logging(level=logging.WARNING if quiet else logging.INFO, process="worker")
    places = places or config.cluster.places
    name = _check_name(name) if name else config.cluster.name or _make_name()
    if not quiet:
        _welcome(database, places=places, name=name)
    # until the engine runs, which then ends in order by itself
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    from crawler.cluster.field import run_worker  # noqa: PLC0415  # loads Scrapy

    run_worker(
        config,
        places=places,
        name=name,
        allow_private=config.cluster.allow_private,
    )
    if not quiet:
        click.echo("Stopped. What was not done goes to other workers.")


def _read(context: Context) -> "tuple[Config, str]":
    """Return the configuration and the address of the database; raise ClickException without one."""
    from crawler.config.files.places import DEFAULT_CONFIG  # noqa: PLC0415
    from crawler.config.files.secrets import read_cluster_database  # noqa: PLC0415

    path = context.config_path
    # an empty folder, as in the image, or none where nobody stated one: the environment says what a worker must know
    is_stated = str(path) != DEFAULT_CONFIG
    config = context.read_config(needs_files=is_stated and not path.exists())
    if not config.cluster.is_on:
        raise click.UsageError(
            "a worker needs the address of the PostgreSQL database that its home uses: set `[cluster] database_file`, or "
            "WATCHWORD_CLUSTER_DATABASE_FILE"
        )
    return config, read_cluster_database(config.cluster)


def _check_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name):
        raise click.UsageError("--name: a-z, A-Z, 0-9, dot, hyphen and underscore only, 80 at most")
    return name


def _make_name() -> str:
    """Return a name that no other worker has, also not a second one on this machine."""
    machine = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:70]
    return f"{machine}-{os.getpid()}"


def _welcome(database: str, *, places: int, name: str) -> None:
    click.echo(f"Worker {name}, release {version('watchword')}. Ctrl-C stops.")
    click.echo(f"Takes {write_count(places, 'bundle')} at a time from {name_server(database)}.")


def name_server(database: str) -> str:
    """Return the server in the address of a database, without the login."""
    parts = urlsplit(database)
    return f"PostgreSQL on {parts.netloc.rpartition('@')[2] or 'this machine'}"


def _leave(*_: object) -> NoReturn:
    sys.exit(0)
