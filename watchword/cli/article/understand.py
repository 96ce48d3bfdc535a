"""The commands ``watchword article understand``, ``explain`` and ``export``."""

# imported where it is used: --help must not wait for Scrapy's child and the extraction libraries.
# ruff: noqa: PLC0415
import asyncio
import tempfile
from contextlib import closing
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.text.counts import write_count
from crawler.text.instants import write_instant
from crawler.text.lines import plain
from watchword.cli.article.claims import print_claims, print_readings, read_with_others
from watchword.cli.article.match_report import explain_match
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import make_console, print_line
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.database_place import refuse_own_file
from watchword.cli.terminal.moments import SINCE, SINCE_HELP, Since
from watchword.cli.terminal.names import WATCH_NAME

if TYPE_CHECKING:
    from rich.console import Console

    from crawler.extract.considered import Considered
    from crawler.model.article import Article, Page


# of pages that could not be read; the last line counts all
_MOST_REASONS = 20
# what --json prints
_UNDERSTAND_FIELDS = (
    "url headline body language standfirst body_origin more_urls whole_url is_teaser is_foreign "
    "byline publication_date section tags image_url key from_feed cut how considered refusal"
)


@click.command()
@click.argument("file_or_url", metavar="FILE|URL")
@click.option("--url", metavar="URL", help="Address of the page, if it is read from a file.")
@click.option("--timezone", metavar="ZONE", default="UTC", show_default=True, help="Time zone if the page states none.")  # fmt: skip
@click.option("--allow-private", is_flag=True, help="Allow an address on this machine or a private network.")  # fmt: skip
@click.option("--compare", is_flag=True, help="Show beside it what trafilatura and newspaper4k read, if installed.")  # fmt: skip
@json_option(_UNDERSTAND_FIELDS + " compare")
@pass_context
def understand(  # noqa: PLR0913  # one for each option
    context: Context,
    *,
    file_or_url: str,
    url: str | None,
    timezone: str,
    allow_private: bool,
    compare: bool,
    as_json: Json | None,
) -> None:
    """Show how a page would be read, without storing it.

    Under headline, date and author are the claims of the page: + was taken, - was not, and why. Exit code 1 if it is
    not an article.

    \b
    Examples:
      watchword article understand page.html --url https://example.org/depot.html
      watchword article understand https://example.org/depot.html --json
      watchword article understand page.html --compare
    """
    from dataclasses import replace

    if file_or_url.startswith(("http://", "https://")):
        page = _fetch(context, file_or_url, allow_private=allow_private)
    else:
        page = _read_file(file_or_url, url or "https://example.org/page.html")
    page = replace(page, settings=replace(page.settings, timezone=timezone))
    _explain(page, as_json=as_json, compare=compare)


def _read_file(name: str, url: str) -> "Page":
    from crawler.model.article import Page

    try:
        body = Path(name).read_bytes()
    except OSError as error:
        raise click.ClickException(f"{name} cannot be read: {error.strerror}") from error
    return Page(
        url=url,
        requested_url=url,
        body=body,
        content_type="text/html",
        fetched_at=utc_now(),
        visit_id=0,
        source_id=0,
        entry_id=0,
    )


def _fetch(context: Context, url: str, *, allow_private: bool) -> "Page":
    """Return a page, fetched like the daemon would: robots.txt and the guard against inside addresses hold.

    raises  ClickException if it cannot be fetched
    """
    from crawler.config.schema import Config
    from crawler.config.sections.sources import SourceSettings
    from crawler.storage.crawl.entries.pages import find_page
    from crawler.storage.crawl.sources import find_source_row
    from crawler.storage.file.database import open_for_reading
    from scheduler.one_crawl import run_crawl

    settings = SourceSettings.model_validate(
        {"name": "page", "url": url, "kind": "page", "allow_private": allow_private}
    )
    with tempfile.TemporaryDirectory(prefix="watchword-page-") as folder:
        store = {"path": Path(folder) / "page.db"}
        facts = context.config.model_dump(by_alias=True) | {"store": store, "watches": ()}
        config = Config.model_validate({**facts, "sources": (settings,)})
        asyncio.run(run_crawl(config, ("page",), on_tick=lambda _connection: None))
        with closing(open_for_reading(config.store.path)) as connection:
            stored = find_page(connection, settings.url)
            row = find_source_row(connection, "page")
    if stored is None:
        reason = (row["last_failure"] if row else None) or "the page could not be fetched"
        raise click.ClickException(f"{settings.url}: {reason}")
    return stored.page


def _explain(
    page: "Page",
    *,
    as_json: Json | None,
    note: str = "",
    more: "tuple[tuple[str, str], ...]" = (),
    compare: bool = False,
) -> None:
    from crawler.errors import NotAnArticle
    from crawler.extract.considered import list_considered
    from crawler.extract.explain import explain_article

    try:
        article, lines = explain_article(page)
        lines += more
    except NotAnArticle as refusal:
        if as_json is not None:
            as_json.print({"refusal": refusal.reason})
            raise SystemExit(1) from refusal
        raise click.ClickException(f"not an article: {refusal.reason}") from refusal
    considered = list_considered(page, article)
    readings = read_with_others(page, article) if compare else {}
    if as_json is not None:
        facts = {
            **_as_json(article),
            "how": [{"field": name, "how": sentence} for name, sentence in lines],
            "considered": [asdict(claim) for claim in considered],
        }
        as_json.print(facts | ({"compare": readings} if compare else {}))
        return
    console = make_console()
    if note:
        print_line(console, Text(note, style="dim"))
    _print(console, article, lines, considered)
    if readings:
        print_readings(console, readings)


def _as_json(article: "Article") -> dict[str, object]:
    facts = asdict(article)
    facts["cut"] = [{"line": line, "reason": reason} for line, reason in article.cut]
    return facts


def _print(
    console: "Console",
    article: "Article",
    lines: tuple[tuple[str, str], ...],
    considered: "tuple[Considered, ...]",
) -> None:
    print_line(console, Text(plain(article.headline), style="bold"))
    last = ""
    for name, sentence in lines:
        print_line(console, Text(f"  {name if name != last else '':<11}{plain(sentence)}"), indent=13)  # fmt: skip
        if name != last:
            print_claims(console, name, considered)
        last = name
    tags = ", ".join(article.tags)
    print_line(console, Text(f"  {'tags':<11}{plain(tags) or '-'}"), indent=13)
    console.print()
    for paragraph in article.body.split("\n\n"):
        print_line(console, Text(plain(paragraph)))
        console.print()


# what --json prints
_EXPLAIN_FIELDS = _UNDERSTAND_FIELDS + " watch holds clauses"


@click.command()
@click.argument("id_or_url", metavar="ID|URL")
@click.option(
    "--watch",
    "watch_name",
    metavar="NAME",
    type=WATCH_NAME,
    help="Show instead why this watch matched the article, or did not.",
)
@json_option(_EXPLAIN_FIELDS)
@pass_context
def explain(
    context: Context, *, id_or_url: str, watch_name: str | None, as_json: Json | None
) -> None:
    """Show where each field of an article came from.

    What was removed from the page is shown too. This needs the stored page, which is kept for [store] page_retention; a
    page that was refused has no number, so use its address. With --watch: show which clauses of a watch's query match
    the stored article, and where; exit code 1 if the watch does not match.

    \b
    Examples:
      watchword article explain 17
      watchword article explain https://example.org/depot.html
      watchword article explain 17 --watch drones
    """
    if watch_name is not None:
        explain_match(context, id_or_url, watch_name, as_json=as_json)
        return
    from crawler.errors import ArchiveFailed
    from crawler.flows.news.judging.watched_pages import describe_moving_lines
    from crawler.flows.news.reprocess import complete_page
    from crawler.storage.archive.reading import complete_body
    from crawler.storage.crawl.entries.pages import find_page

    with closing(context.open_database()) as connection:
        stored = find_page(connection, id_or_url)
        moving = describe_moving_lines(connection, stored.article_id) if stored else ()
    if stored is None:
        raise click.ClickException(
            f"no page is stored for {id_or_url}: it was never fetched, or longer ago than {_name_retention(context)}"
        )
    try:
        stored = complete_body(stored, context.config.archive.to)
    except ArchiveFailed as error:
        raise click.ClickException(str(error)) from error
    note = f"the page as fetched {write_instant(stored.page.fetched_at)}, read by today's rules"
    _explain(complete_page(stored, context.config), as_json=as_json, note=note, more=moving)


def _name_retention(context: Context) -> str:
    return "[archive] retention" if context.config.archive.to else "[store] page_retention"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since", type=SINCE, default="30d", show_default=True, metavar="TIME", help=f"Only pages fetched since then. {SINCE_HELP}")  # fmt: skip
@pass_context
def export(context: Context, *, file: Path, since: Since) -> None:
    """Write stored pages to a WARC file, for web archives.

    A file name that ends in .warc.gz is compressed. Needs the extra `watchword[warc]`.

    \b
    Examples:
      watchword article export pages.warc.gz --since 7d
    """
    from crawler.storage.archive.export import write_warc
    from crawler.storage.archive.reading import complete_bodies
    from crawler.storage.crawl.entries.pages import walk_pages

    if find_spec("warcio") is None:
        raise click.ClickException(
            "writing web archives needs the warc extra: pip install 'watchword[warc]'"
        )
    refuse_own_file(file, context.config.store.path)
    with closing(context.open_database()) as connection:
        pages = walk_pages(connection, since=utc_now() - since.length)
        unread: list[str] = []
        count = write_warc(file, complete_bodies(pages, context.config.archive.to, unread))
    click.echo(f"Wrote {write_count(count, 'page')} to {file}.")
    for reason in unread[:_MOST_REASONS]:
        click.echo(plain(reason), err=True)
    if unread:
        click.echo(f"{write_count(len(unread), 'page')} could not be read.", err=True)
        raise SystemExit(3)
