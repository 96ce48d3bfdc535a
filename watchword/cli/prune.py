"""The command ``watchword prune``: delete, add up and compress what is old, or say what that would free."""

# imported where it is used: --help must not wait for sqlite-utils.
# ruff: noqa: PLC0415
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.text.counts import write_number, write_size
from crawler.text.instants import write_span
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, print_rows
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context, pass_context

if TYPE_CHECKING:
    from crawler.config.schema import Config
    from crawler.flows.retention import Due

_FIELDS = "table deed after count bytes"
_COLUMNS: Columns = {
    "table": "table",
    "deed": "what is done",
    "after": Column(heading="after", is_free=True),
    "count": number("rows"),
    "size": Column(heading="about", is_number=True),
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would be freed.")
@click.option("--compact", is_flag=True, help="Then write the file anew, so that it shrinks; needs its size once more on the disk.")  # fmt: skip
@json_option(_FIELDS)
@pass_context
def prune(context: Context, *, dry_run: bool, compact: bool, as_json: Json | None) -> None:
    """Delete, add up and compress what is old, as the limits in [store] say.

    The daemon and `watchword crawl` do this by themselves, a little at a time; this does all of it now, and only while no daemon
    runs. What was freed is used again by new rows; with --compact the file shrinks. Stories that a watch matched are never
    deleted.

    \b
    Examples:
      watchword prune --dry-run
      watchword prune --compact
    """
    config = context.config
    if not dry_run:
        if as_json is not None:
            raise click.UsageError("--json is for --dry-run")
        _do_all(config, compact=compact)
        return
    if compact:
        raise click.UsageError("--compact cannot be tried out: say either --dry-run or --compact")
    with closing(context.open_database()) as connection:
        from crawler.flows.retention import list_due

        due = list_due(connection, config, now=utc_now())
        pages = _find_surplus(connection, config)
    print_rows([_describe(one, config) for one in due], _COLUMNS, as_json=as_json, empty="")
    if as_json is None:
        freed = sum(one.bytes for one in due)
        is_any = any(one.count for one in due) or pages
        room = f"About {write_size(freed + pages)} would become free for new rows."
        click.echo(f"\n{room if is_any else 'Nothing is old enough.'}")
        if pages:
            click.echo(
                f"{write_size(pages)} of that are pages over [store] page_space, the oldest."
            )


def _describe(due: "Due", config: "Config") -> dict[str, object]:
    age = due.rule.age(config)
    return {
        "table": due.rule.table,
        "deed": due.rule.deed,
        "after": write_span(age) if age else "at once",
        "count": due.count,
        "bytes": due.bytes,
        "size": write_size(due.bytes) if due.count else "-",
    }


def _find_surplus(connection: sqlite3.Connection, config: "Config") -> int:
    from crawler.storage.crawl.entries.pages import sum_all_page_bytes

    return max(0, sum_all_page_bytes(connection) - config.store.page_space)


def _do_all(config: "Config", *, compact: bool) -> None:
    from crawler.storage.file.database import open_for_writing
    from crawler.storage.file.instance_lock import InstanceLock
    from crawler.storage.retention.file_room import measure_file

    path = config.store.path
    if not path.exists():
        raise click.ClickException(f"there is no database {path}")
    with (
        InstanceLock(path, holder="watchword prune"),
        closing(open_for_writing(path)) as connection,
    ):
        from crawler.storage.file.migrations.schema import migrate

        migrate(connection)
        before = measure_file(connection)
        _sweep(connection, config)
        if compact:
            _compact(connection, path)
        after = measure_file(connection)
    freed = max(0, before.bytes - after.bytes)
    size = write_size(after.bytes + after.free_bytes)
    click.echo(f"{write_size(freed)} became free; {path} has {size} now.")
    if after.free_bytes and not compact:
        click.echo(
            f"{write_size(after.free_bytes)} in it are free for new rows; --compact gives them back to the disk."
        )


def _sweep(connection: sqlite3.Connection, config: "Config") -> None:
    from crawler.flows.retention import list_due
    from crawler.storage.crawl.entries.pages import drop_oldest_pages

    total = sum(one.count for one in list_due(connection, config, now=utc_now()))
    counts = Counter[str]()
    with progress(
        "Pruning", noun="row", advice="what was done stays done; the rest is done later"
    ) as bar:
        bar(0, total)
        # entries are kept as long as their pages: what one round deletes may be all that held other rows
        while found := _sweep_once(
            connection, config, lambda count: bar(min(counts.total() + count, total), total)
        ):
            counts.update(found)
        while drop_oldest_pages(connection, most_bytes=config.store.page_space, limit=50):
            pass
    for table, count in counts.items():
        click.echo(f"{table}: {write_number(count)}")
    if not counts:
        click.echo("Nothing was old enough.")


def _sweep_once(
    connection: sqlite3.Connection, config: "Config", show: Callable[[int], object]
) -> dict[str, int]:
    from crawler.flows.retention import CRAWL_RULES, DAEMON_RULES, Sweeper

    sweeper, now = Sweeper((*CRAWL_RULES, *DAEMON_RULES)), utc_now()
    while sweeper.sweep(connection, config, now=now):
        show(sweeper.count)
    return sweeper.counts


def _compact(connection: sqlite3.Connection, path: Path) -> None:
    from crawler.storage.retention.file_room import compact

    click.echo(f"Writing {path} anew ...", err=True)
    try:
        compact(connection)
    except sqlite3.OperationalError as error:
        raise click.ClickException(
            f"the file cannot be written anew, and is as it was: {error}; it needs {write_size(path.stat().st_size)} of free room"
        ) from error
