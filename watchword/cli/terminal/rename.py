"""The commands ``watchword watch rename`` and ``watchword source rename``."""

# imported where it is used: --help must not wait for tomlkit and the configuration.
# ruff: noqa: PLC0415
from functools import partial
from pathlib import Path
from typing import Literal

import click

from crawler.errors import DatabaseUnusable
from crawler.model.request import RequestKind
from crawler.text.source_lists.source_names import rename_in_query
from watchword.cli.terminal.context import NAME, Context, pass_context
from watchword.cli.terminal.names import SOURCE_NAME, WATCH_NAME
from watchword.cli.terminal.requests import ask
from watchword.cli.unknown import refuse_unknown

Kind = Literal["watch", "source"]
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")


@click.command("rename")
@click.argument("old", type=WATCH_NAME)
@click.argument("new", type=NAME)
@_dry_run
@pass_context
def rename_watch(context: Context, *, old: str, new: str, dry_run: bool) -> None:
    """Rename a watch and keep everything that belongs to it.

    Mutes, unsubscriptions, mail threads and sent alerts are kept. If only the name changes, editing the file is enough.
    Use this command if something else changes as well, or if two watches differ in nothing but their names. If the file
    already has the new name, only the database is changed.

    \b
    Examples:
      watchword watch rename drones uav
      watchword watch rename drones "unmanned aircraft" --dry-run
    """
    _rename(context, "watch", old.strip(), new.strip(), dry_run=dry_run)


@click.command("rename")
@click.argument("old", type=SOURCE_NAME)
@click.argument("new", type=NAME)
@_dry_run
@pass_context
def rename_source(context: Context, *, old: str, new: str, dry_run: bool) -> None:
    """Rename a source and keep everything that belongs to it.

    Articles, feeds, publishing profile and mutes are kept, and watches that name the source are changed too. If only
    the name changes and the address stays, editing the file is enough. If the file already has the new name, only the
    database is changed, and what was missed in between is fetched.

    \b
    Examples:
      watchword source rename courier "The Courier"
      watchword source rename courier herald --dry-run
    """
    _rename(context, "source", old.strip(), new.strip(), dry_run=dry_run)


def _rename(context: Context, kind: Kind, old: str, new: str, *, dry_run: bool) -> None:
    is_edited = _check(context, kind, old, new)
    if dry_run:
        where = (
            "the database; the configuration has it already"
            if is_edited
            else "the configuration and the database"
        )
        click.echo(f"Would rename {old} to {new} in {where}.")
        return
    # the file first: if the request then fails, the same command can be run again and finds the new name
    if not is_edited:
        for file in _edit(context, kind, old, new):
            click.echo(f"Wrote {new} in place of {old} in {file}.")
        context.forget_config()
    if _has_database(context):
        asked = RequestKind.RENAME_WATCH if kind == "watch" else RequestKind.RENAME_SOURCE
        ask(context, asked, {"old": old, "new": new})


def _check(context: Context, kind: Kind, old: str, new: str) -> bool:
    """Return whether the configuration has the new name already; raise UsageError if this rename is impossible."""

    config = context.config
    known = [one.name for one in (config.watches if kind == "watch" else config.sources)]
    if old == new:
        raise click.UsageError(f"{old} already has this name; write the new name after it")
    if old in known and new in known:
        raise click.UsageError(
            f'there is already a {kind} called "{new}"; to swap two names, rename one to a third name first'
        )
    if kind == "source" and any(_is_lost(watch.query, old, new) for watch in config.watches):
        raise click.UsageError(
            f"the query of a watch names {old}, and a name in a query cannot contain quotes"
        )
    if old not in known and new not in known:
        raise refuse_unknown(kind, old, known)
    return new in known


def _is_lost(query: str, old: str, new: str) -> bool:
    """Return whether a query names the source, but cannot hold its new name."""
    # a query that does not change for the new name, though it does for a plain one
    return rename_in_query(query, old, "x") != query == rename_in_query(query, old, new)


def _edit(context: Context, kind: Kind, old: str, new: str) -> tuple[Path, ...]:
    from crawler.config.edit import rename_item

    try:
        return rename_item(
            context.config_path,
            kind,
            old,
            new,
            in_query=partial(rename_in_query, old=old, new=new),
        )
    except LookupError as error:
        raise click.ClickException(
            f"{old} is not written as a [[{kind}]] of its own; write the new name there yourself and run this again"
        ) from error


def _has_database(context: Context) -> bool:
    """Return whether there is a database, where the old name may be stored; raise ClickException if it cannot be read."""
    try:
        found = context.find_database()
    except DatabaseUnusable as error:
        raise click.ClickException(
            f"the configuration was changed, but the database was not: {error}; run this again"
        ) from error
    if found is None:
        return False
    found.close()
    return True
