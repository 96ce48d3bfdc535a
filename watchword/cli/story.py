"""The commands of ``watchword story``: list and show stories, and split what is not one story."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from zoneinfo import ZoneInfo

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.model.request import RequestKind
from crawler.storage.news.story_reading import (
    count_stories,
    find_story,
    list_members,
    list_merged,
    list_related,
    list_stories,
)
from crawler.text.counts import write_count
from crawler.text.lines import plain
from watchword.cli.listings.layout import Column, number
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import (
    Columns,
    format_time,
    limit_option,
    make_console,
    print_line,
    print_rows,
)
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.requests import ask
from watchword.cli.unknown import refuse_number


@click.group()
def story() -> None:
    """Stories: articles with the same text, alerted once.

    \b
    Examples:
      watchword story list
      watchword story show 12
      watchword story split 12 40 41
    """


def _columns(write_time: Callable[[str], str]) -> Columns:
    return {
        "id": number("id"),
        "first_seen_at": Column(
            heading="first seen", write=lambda row: write_time(str(row["first_seen_at"]))
        ),
        "article_count": number("articles"),
        "source_count": number("sources", rank=2),
        "first_source": Column(heading="first", rank=1),
        "headline": Column(heading="headline", is_free=True),
    }


# what --json prints
_LIST_FIELDS = "id headline first_seen_at article_count source_count first_source"


@story.command("list")
@click.option(
    "--fewest",
    default=2,
    show_default=True,
    type=click.IntRange(1),
    help="Only stories with at least this many articles.",
)
@limit_option
@json_option(_LIST_FIELDS)
@pass_context
def list_(context: Context, *, fewest: int, limit: int, as_json: Json | None) -> None:
    """List stories with several articles, newest first."""
    zone, now = context.zone, utc_now()
    with closing(context.open_database()) as connection:
        rows = [dict(row) for row in list_stories(connection, fewest_articles=fewest, limit=limit)]
        total = len(rows) if len(rows) < limit else count_stories(connection, fewest_articles=fewest)  # fmt: skip
    columns = _columns(lambda text: format_time(text, zone, now=now))
    empty = "No story has several articles yet."
    print_rows(rows, columns, as_json=as_json, empty=empty, total=total)


# what --json prints
_SHOW_FIELDS = (
    "id headline first_seen_at article_count merged_into merged_at merge_reason articles related "
    "merged"
)


@story.command("show")
@click.argument("story_id", metavar="ID", type=int)
@json_option(_SHOW_FIELDS)
@pass_context
def show(context: Context, *, story_id: int, as_json: Json | None) -> None:
    """Show who published a story first, and what is shared.

    Articles are listed in order of publication. For a story that was merged, the one it became part of is shown.
    """
    with closing(context.open_database()) as connection:
        row = _find(connection, story_id)
        parts = {
            "articles": list_members(connection, row["id"]),
            "related": list_related(connection, row["id"]),
            "merged": list_merged(connection, row["id"]),
        }
    if as_json is not None:
        facts = {name: [dict(item) for item in items] for name, items in parts.items()}
        as_json.print({**dict(row), **facts})
        return
    _print_story(row, parts, context.zone, asked_for=story_id)


def _find(connection: sqlite3.Connection, story_id: int) -> sqlite3.Row:
    row = find_story(connection, story_id)
    if row is None:
        raise refuse_number("story", story_id)
    return row


def _print_story(
    row: sqlite3.Row,
    parts: dict[str, tuple[sqlite3.Row, ...]],
    zone: ZoneInfo,
    *,
    asked_for: int,
) -> None:
    console, now = make_console(), utc_now()
    print_line(console, Text(f"Story {row['id']}: {plain(row['headline'])}", style="bold"))
    if asked_for != row["id"]:
        console.print(Text(f"  Story {asked_for} was merged into this one."))
    for place, member in enumerate(parts["articles"]):
        stated = member["published_at"] or member["first_seen_at"]
        when = format_time(stated, zone, now=now) + (
            "" if member["published_at"] else " (first seen)"
        )
        line = f"  {'first' if place == 0 else '':<7}{when:<14} {plain(member['source'])}: {plain(member['headline'])}"
        print_line(console, Text(line), indent=9)
        shares = _describe_share(member)
        detail = (
            f"{'':<9}article {member['id']}, {write_count(member['word_count'], 'word')}{shares}"
        )
        print_line(console, Text(detail), indent=9)
    for merged in parts["merged"]:
        when = format_time(merged["merged_at"], zone, now=now)
        line = f"  joined {when}: story {merged['id']}, {plain(merged['headline'])} ({plain(merged['merge_reason'])})"
        print_line(console, Text(line), indent=9)
    for other in parts["related"]:
        line = f"  related: article {other['id']} of story {other['story_id']}, {plain(other['source'])}: "
        line += f"{plain(other['headline'])} ({other['share']:.0%} shared)"
        print_line(console, Text(line), indent=9)


def _describe_share(member: sqlite3.Row) -> str:
    if member["shares_with"] is None:
        return ""
    return f"; with article {member['shares_with']}: {plain(member['reason'])}"


@story.command("split")
@click.argument("story_id", metavar="ID", type=int)
@click.argument("article_ids", metavar="ARTICLE...", type=int, nargs=-1, required=True)
@pass_context
def split(context: Context, *, story_id: int, article_ids: tuple[int, ...]) -> None:
    """Move articles into a story of their own, permanently.

    They never join the old story again, however much text they share with it. No alert is sent.
    """
    with closing(context.open_database()) as connection:
        row = _find(connection, story_id)
        members = {member["id"] for member in list_members(connection, row["id"])}
    strangers = sorted(set(article_ids) - members)
    if strangers:
        raise click.UsageError(
            f"article {strangers[0]} is not in story {row['id']}; `watchword story show {row['id']}` lists its articles"
        )
    if members == set(article_ids):
        raise click.UsageError("these are all of its articles; at least one must stay")
    ask(context, RequestKind.SPLIT, {"story": row["id"], "articles": sorted(set(article_ids))})
