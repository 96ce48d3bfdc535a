"""The commands of ``watchword source`` that try, add and change sources, such as ``test``, ``add`` and ``pause``."""

# imported where it is used: --help must not wait for Scrapy's child, pydantic and tomlkit.
# ruff: noqa: PLC0415
import asyncio
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.model.request import RequestKind
from crawler.text.instants import write_instant
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.source.new_source import make_facts, read_address
from watchword.cli.source.source_opml import check_settings
from watchword.cli.source.source_report import print_probe
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.moments import SINCE, SINCE_HELP, Since
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.terminal.requests import ask
from watchword.cli.unknown import refuse_unknown

if TYPE_CHECKING:
    from crawler.config.sections.sources import SourceSettings
    from watchword.probe import Probe

KINDS = ("auto", "feed", "sitemap", "section", "page")
kind_option = click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="auto",
    show_default=True,
    help="What the address is; auto finds out.",
)
private_option = click.option(
    "--allow-private",
    is_flag=True,
    help="Allow an address on this machine or a private network.",
)
robots_option = click.option(
    "--ignore-robots",
    is_flag=True,
    help="Read this feed although robots.txt forbids it, with the site's permission; needs --kind feed.",
)


# what --json prints
_FIELDS = "url failure shortfall endpoints per_day robots sample warnings"


@click.command()
@click.argument("url", metavar="URL_OR_NAME")
@kind_option
@private_option
@robots_option
@json_option(_FIELDS)
@pass_context
def test(  # one for each option
    context: Context,
    url: str,
    *,
    kind: str,
    allow_private: bool,
    ignore_robots: bool,
    as_json: Json | None,
) -> None:
    """Visit an address or a source on trial and store nothing.

    The visit is made as if it were the first one. Shows endpoints, robots.txt, how much is published, one article as
    Watchword understands it, and warnings. Accepts feed:// and addresses without https://; with the name of a source
    its settings are used. Exit code 1 if nothing could be read, 3 if none of the listed entries can be used.

    \b
    Examples:
      watchword source test https://www.example.org/
      watchword source test https://www.example.org/rss.xml --kind feed
      watchword source test example
    """
    asked: dict[str, object] = {"kind": kind} if kind != "auto" else {}
    asked |= {"robots": "ignore"} if ignore_robots else {}
    asked |= {"allow_private": True} if allow_private else {}
    known = context.config.source_named(url)
    if known is not None:
        settings = check_settings({**known.model_dump(by_alias=True), **asked})
    else:
        settings = check_settings({"name": "probe", **read_address(url), **asked})
    found = _probe(context, settings, is_silent=as_json is not None)
    if as_json is not None:
        as_json.print(found.as_json())
    else:
        print_probe(found, context.config)
    _end_on_failure(found)


@click.command()
@click.argument("url", metavar="URL_OR_NAME")
@kind_option
@private_option
@robots_option
@click.option("--name", metavar="NAME", help="Its name; by default made from the address.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag to group it by; may be repeated.")  # fmt: skip
@click.option("--every", metavar="DURATION|CRON", help="Fixed time between visits, such as 15m, or a cron expression.")  # fmt: skip
@click.option("--backfill", metavar="DURATION", help="How far back the first visit reaches, such as 7d.")  # fmt: skip
@click.option("--untested", is_flag=True, help="Add it without visiting it first.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@pass_context
def add(
    context: Context,
    /,
    url: str,
    *,
    name: str | None,
    untested: bool,
    dry_run: bool,
    **options: object,
) -> None:
    """Add a source, after visiting it and showing what was found.

    The source is written to sources.toml in the configuration's folder, or to the configuration's one file; comments
    are kept. A running daemon picks it up within seconds. A source that cannot be read is not added, except with
    --untested. A name of the starter catalogue (`watchword source catalogue`) is taken for its feed.

    \b
    Examples:
      watchword source add https://www.example.org/ --tag world --tag asia
      watchword source add https://www.example.org/feed --kind feed --backfill 7d
      watchword source add bbc-world
    """
    from crawler.config.edit import add_items

    facts = make_facts(context, url, name, options)
    if not untested:
        found = _probe(context, check_settings({**facts, "tags": list(facts.get("tags", ()))}))  # type: ignore[call-overload]  # a tuple
        print_probe(found, context.config)
        if found.failure or found.shortfall:
            click.echo("Nothing was added. --untested adds it anyway.", err=True)
        _end_on_failure(found)
    else:
        check_settings(facts)
    if dry_run:
        click.echo(f"Would add {facts['name']}.")
        return
    file = add_items(context.config_path, "source", [facts])
    click.echo(f"Added {facts['name']} to {file}.")


def _end_on_failure(found: "Probe") -> None:
    if found.failure:
        raise SystemExit(1)
    if found.shortfall:
        raise SystemExit(3)


def _probe(context: Context, settings: "SourceSettings", *, is_silent: bool = False) -> "Probe":
    import logging

    from crawler.log import set_up_logging
    from watchword.probe import probe_source

    set_up_logging(level=logging.CRITICAL)  # failures are part of the printed result
    if not is_silent:
        click.echo(f"Visiting {settings.url} ...", err=True)
    return asyncio.run(probe_source(settings, context.config))


@click.command()
@click.argument("name", type=SOURCE_NAME)
@pass_context
def pause(context: Context, name: str) -> None:
    """Stop visiting a source; its articles are kept."""
    _change(context, name, True)
    click.echo(f"{name} is paused. `watchword source resume {name}` resumes it.")


@click.command()
@click.argument("name", type=SOURCE_NAME)
@pass_context
def resume(context: Context, name: str) -> None:
    """Visit a paused source again."""
    _change(context, name, None)
    click.echo(f"{name} is no longer paused.")


def _change(context: Context, name: str, paused: bool | None) -> None:
    from crawler.config.edit import change_item

    _get_known(context, name)
    change_item(context.config_path, "source", name, {"paused": paused})


def _get_known(context: Context, name: str) -> "SourceSettings":
    found = context.config.source_named(name)
    if found is None:
        raise refuse_unknown("source", name, (one.name for one in context.config.sources))
    return found


@click.command()
@click.argument("name", type=SOURCE_NAME)
@click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")
@pass_context
def remove(context: Context, name: str, *, dry_run: bool) -> None:
    """Remove a source from the configuration. Its articles stay in the database."""
    from crawler.config.edit import remove_item

    _get_known(context, name)
    if dry_run:
        click.echo(f"Would remove {name} from the configuration; its articles would stay.")
        return
    file = remove_item(context.config_path, "source", name)
    click.echo(f"Removed {name} from {file}; its articles stay.")


@click.command()
@click.argument("name", type=SOURCE_NAME)
@click.option("--since", type=SINCE, metavar="TIME", required=True, help=SINCE_HELP)
@click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")
@pass_context
def backfill(context: Context, name: str, *, since: Since, dry_run: bool) -> None:
    """Fetch what a source published before it was first visited.

    Its feeds and sitemaps are read in full at the next visit, which the daemon makes at once. Entries dated within that
    time are fetched and matched like any news.

    \b
    Example:
      watchword source backfill un-news --since 7d
    """
    from crawler.storage.file.database import to_text

    _get_known(context, name)
    moment = utc_now() - since.length
    context.open_database().close()  # raises if there is none yet
    if dry_run:
        click.echo(f"Would fetch what {name} published since {write_instant(moment)}.")
        return
    ask(context, RequestKind.BACKFILL, {"source": name, "since": to_text(moment)})
