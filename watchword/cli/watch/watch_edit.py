"""The commands ``watchword watch add``, ``edit`` and ``remove``: they edit the configuration and keep its comments."""

# imported where it is used: --help must not wait for pydantic and tomlkit.
# ruff: noqa: PLC0415
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from crawler.errors import DatabaseUnusable
from watchword.cli.synonyms.propose import print_proposals
from watchword.cli.terminal.context import NAME, Context, pass_context
from watchword.cli.terminal.moments import Since
from watchword.cli.terminal.names import WATCH_NAME
from watchword.cli.watch.watch_diff import compare_pasts, print_difference
from watchword.cli.watch.watch_past import read_past, survey_watch
from watchword.cli.watch.watch_report import sum_up
from watchword.cli.watch.watch_settings import (
    alert_options,
    compile_settings,
    filter_options,
    get_known,
    print_advice,
    read_settings,
    stated,
)

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings

# the default of `watch test`, so that both count the same
_SINCE = Since(timedelta(days=90), "of the last 90d")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Show what would be written; write nothing."
)


@click.command()
@click.argument("name", type=NAME)
@click.argument("query")
@filter_options
@alert_options
@dry_run_option
@pass_context
def add(context: Context, /, name: str, query: str, *, dry_run: bool, **options: object) -> None:
    """Add a watch and show what it would have found so far.

    The watch is written to watches.toml in the configuration's folder, or to the configuration's one file; comments are
    kept. A running daemon picks it up within seconds. No alerts are sent about articles that are already stored.

    \b
    Examples:
      watchword watch add drones '(drone OR UAV) -racing'
      watchword watch add kyiv Kyiv --synonyms kyiv --source world --alert digest
    """
    from crawler.config.edit import add_items

    if context.config.watch_named(name):
        raise click.UsageError(
            f'there is already a watch called "{name}"; `watchword watch edit` changes it'
        )
    facts = {"name": name, "query": query, **stated(options)}
    settings = read_settings(facts)
    compile_settings(context, settings)
    print_advice(query)
    _preview(context, settings)
    if dry_run:
        click.echo(f"Would add {name}.")
    else:
        file = add_items(context.config_path, "watch", [facts])
        click.echo(f"Added {name} to {file}.")
    # last, as it is what to do next and the watch must be there for it
    print_proposals(context, settings, is_stored=True)


def _preview(context: Context, settings: "WatchSettings") -> None:
    """Print in one line how much a watch would have found; nothing if there is no database yet."""
    try:
        survey = survey_watch(context, settings, since=_SINCE.length)
    except DatabaseUnusable:
        return  # no database yet, so no articles
    click.echo(f"It would have matched {sum_up(survey, since=_SINCE.phrase)}.")


@click.command()
@click.argument("name", type=WATCH_NAME)
@click.option("--query", help="The new query.")
@filter_options
@alert_options
@click.option("--unset", "unset", multiple=True, metavar="SETTING", help="Remove a setting, such as title_only; may be repeated.")  # fmt: skip
@dry_run_option
@pass_context
def edit(
    context: Context,
    /,
    name: str,
    *,
    query: str | None,
    unset: tuple[str, ...],
    dry_run: bool,
    **options: object,
) -> None:
    """Change a watch and show what it gains and loses.

    Lists are replaced as a whole: --source a --source b sets exactly these two sources.

    \b
    Examples:
      watchword watch edit drones --query '(drone OR UAV) -racing -photography'
      watchword watch edit drones --title-only --to desk@example.org
      watchword watch edit drones --unset title_only
    """
    from crawler.config.edit import change_item

    before = get_known(context, name)
    changes: dict[str, object | None] = {**({"query": query} if query else {}), **stated(options)}
    changes |= _unset(unset, before)
    if not changes:
        raise click.UsageError(
            f"say what to change, such as --query; `watchword watch show {name}` shows its settings"
        )
    facts = before.model_dump(mode="json", by_alias=True, exclude_unset=True) | changes
    after = read_settings({key: value for key, value in facts.items() if value is not None})
    compile_settings(context, after)
    print_advice(after.query)
    _print_change(context, before, after)
    if dry_run:
        click.echo(f"Would change {name}: {', '.join(sorted(changes))}.")
        return
    file = change_item(context.config_path, "watch", name, changes)
    click.echo(f"Changed {name} in {file}: {', '.join(sorted(changes))}.")
    if query:
        print_proposals(context, after, is_stored=True)


def _unset(names: tuple[str, ...], settings: "WatchSettings") -> dict[str, None]:
    from crawler.config.checks.faults import Origin

    known = set(type(settings).model_fields) - {"name", "query"}
    for name in names:
        if name not in known:
            raise click.UsageError(
                Origin.near(f'a watch has no setting "{name}" to remove', name, known)
            )
    return dict.fromkeys(names)


def _print_change(context: Context, before: "WatchSettings", after: "WatchSettings") -> None:
    try:
        pasts = [read_past(context, one, since=_SINCE.length) for one in (before, after)]
    except DatabaseUnusable:
        return
    print_difference(compare_pasts(*pasts), since=_SINCE.phrase, zone=context.zone)


@click.command()
@click.argument("name", type=WATCH_NAME)
@click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")
@pass_context
def remove(context: Context, name: str, *, dry_run: bool) -> None:
    """Remove a watch from the configuration. Its matches stay in the database."""
    from crawler.config.edit import remove_item

    get_known(context, name)
    if dry_run:
        click.echo(f"Would remove {name} from the configuration; its matches would stay.")
        return
    file = remove_item(context.config_path, "watch", name)
    click.echo(f"Removed {name} from {file}; its matches stay.")
