"""The command ``watchword source boilerplate``: list and decide about lines that return on several pages of a site."""

from contextlib import closing

import click

from crawler.model.request import RequestKind
from crawler.storage.crawl.sources import find_source_row, list_sources
from crawler.storage.news.boilerplate import Ruling, list_boilerplate, list_hosts
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, all_or_limit_option, print_rows
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.terminal.requests import ask
from watchword.cli.unknown import refuse_unknown

_COLUMNS: Columns = {
    "host": Column(heading="host", rank=1),
    "url_count": number("pages"),
    "ruling": "decision",
    "line": Column(heading="line", is_free=True),
}


_RULINGS = {"to_cut": Ruling.CUT, "to_keep": Ruling.KEEP, "to_forget": None}

# what --json prints
_FIELDS = "host key line url_count ruling first_seen_at"


@click.command()
@click.argument("name", type=SOURCE_NAME)
@click.option(
    "--cut", "to_cut", metavar="LINE", help="Remove this line from every article from now on."
)
@click.option(
    "--keep",
    "to_keep",
    metavar="LINE",
    help="Never remove this line, on however many pages it appears.",
)
@click.option("--forget", "to_forget", metavar="LINE", help="Undo your decision about this line.")
@all_or_limit_option
@json_option(_FIELDS)
@pass_context
def boilerplate(
    context: Context,
    /,
    name: str,
    *,
    limit: int | None,
    as_json: Json | None,
    **lines: str | None,
) -> None:
    """List the lines cut from articles, or decide about one.

    A short line that appears on three pages of a host is boilerplate: a slogan, a share bar, an invitation. It is left
    out of what is stored, compared and matched. Whole sentences are never treated as boilerplate.

    \b
    Examples:
      watchword source boilerplate my-paper
      watchword source boilerplate my-paper --keep "Background"
      watchword source boilerplate my-paper --cut "Our app is free"
    """
    with closing(context.open_database()) as connection:
        row = find_source_row(connection, name)
        known = [one["name"] for one in list_sources(connection)]
        hosts = () if row is None else list_hosts(connection, row["id"])
    if row is None:
        raise refuse_unknown("source", name, known)
    for option, ruling in _RULINGS.items():
        if (line := lines[option]) is not None:
            value = ruling and ruling.value
            ask(context, RequestKind.LINE_RULE, {"source": name, "line": line, "ruling": value})
    with closing(context.open_database()) as connection:
        rows = [dict(found) for found in list_boilerplate(connection, hosts)]
    empty = "No boilerplate of this source is known yet."
    print_rows(rows[:limit], _COLUMNS, as_json=as_json, empty=empty, total=len(rows))
