"""The group ``watchword synonyms``: list the sets that come with Watchword, and add one to a watch."""

# imported where it is used: --help must not wait for pydantic and tomlkit.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.text.counts import write_count
from crawler.text.lines import plain
from watchword.cli.listings.layout import Column
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import Columns, all_or_limit_option, print_note, print_rows
from watchword.cli.terminal.context import NAME, Context, pass_context
from watchword.cli.watch.watch_settings import get_known
from watchword.spellings.bundled import BundledSet, list_bundled_sets

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings


@click.group()
def synonyms() -> None:
    """Synonyms: names and words that newsrooms spell in several ways or scripts, ready to use.

    \b
    Examples:
      watchword synonyms list                    every set that comes with Watchword
      watchword synonyms list Kiev               the sets that have a word
      watchword synonyms add kyiv --watch ports  finds Kiev, Київ, 基辅 too
    """


_COLUMNS: Columns = {
    "name": "name",
    "topic": Column(heading="topic", rank=2),
    "is_configured": Column(
        heading="yours", write=lambda row: "yes" if row["is_configured"] else None, rank=1
    ),
}

# what --json prints
_FIELDS = "name topic words is_configured"


@synonyms.command("list")
@click.argument("word", required=False)
@all_or_limit_option
@json_option(_FIELDS)
@pass_context
def list_(context: Context, word: str | None, *, limit: int | None, as_json: Json | None) -> None:
    """List the sets that come with Watchword, or those that have WORD.

    "yours" is marked where the set is in your configuration. Without WORD only the first spellings of each set are shown
    at a terminal.
    """
    found = [one for one in list_bundled_sets() if word is None or _has(one, word)]
    known = {one.name for one in context.config.synonyms} if context.config_path.exists() else set()
    rows = [
        {
            "name": one.name,
            "topic": one.topic,
            "words": one.words,
            "is_configured": one.name in known,
        }
        for one in found
    ]
    empty = (
        f"No set has {plain(word or '')}; write one of your own: `watchword docs watch-language`."
    )
    columns = {**_COLUMNS, "words": Column(heading="words", is_free=word is None, is_below=word is not None)}  # fmt: skip
    print_rows(rows[:limit], columns, as_json=as_json, empty=empty, total=len(rows))
    if word is None and as_json is None:
        count = write_count(len(found), "set")
        click.echo(f"{count}. `watchword synonyms list WORD` shows the whole set.", err=True)


def _has(one: BundledSet, word: str) -> bool:
    from crawler.matching.queries.synonyms import spelling_key

    sought = spelling_key(word.removeprefix("="))
    return one.name == word or any(
        spelling_key(each.removeprefix("=")) == sought for each in one.words
    )


@synonyms.command()
@click.argument("name", type=NAME)
@click.option("--watch", "watch_name", type=NAME, help="The watch that is to use the set.")
@click.option("--dry-run", is_flag=True, help="Show what would be written; write nothing.")
@pass_context
def add(context: Context, name: str, *, watch_name: str | None, dry_run: bool) -> None:
    """Copy a set into the configuration, and name it in a watch.

    The set is written to synonyms.toml in the configuration's folder, or to the configuration's one file; comments are
    kept. There you can remove words you do not want. A set of that name that you have already stays as it is.

    \b
    Examples:
      watchword synonyms add kyiv --watch ports
      watchword synonyms add kyiv                    only copies it
    """
    from crawler.config.edit import change_item

    watch = get_known(context, watch_name) if watch_name else None
    own = next((one for one in context.config.synonyms if one.name == name), None)
    words = own.words if own else _get_bundled(context, name).words
    if not dry_run and own is None:
        file = _copy(context.config_path, name)
        click.echo(f"Added the set {name} ({write_count(len(words), 'word')}) to {file}.")
    elif own is None:
        click.echo(f"Would add the set {name}: {', '.join(words)}.")
    else:
        click.echo(f"The set {name} is in your configuration already; it stays as it is.")
    if watch is None:
        click.echo(f"A watch uses it with `watchword synonyms add {name} --watch WATCH`.", err=True)
        return
    _warn_if_unrelated(watch, name, words)
    if name in watch.synonyms:
        click.echo(f"The watch {watch.name} uses it already.")
    elif dry_run:
        click.echo(f"Would name it in the watch {watch.name}.")
    else:
        names = [*watch.synonyms, name]
        file = change_item(context.config_path, "watch", watch.name, {"synonyms": names})
        click.echo(f"Changed {watch.name} in {file}: synonyms.")


def _get_bundled(context: Context, name: str) -> BundledSet:
    sets = {one.name: one for one in list_bundled_sets()}
    if name not in sets:
        from crawler.config.checks.faults import Origin

        known: list[str] = [*sets, *(one.name for one in context.config.synonyms)]
        problem = f'no set is called "{name}"'
        near = Origin.near(problem, name, known)
        if near != problem:
            raise click.UsageError(near)
        having = [one.name for one in sets.values() if _has(one, name)]
        hint = f"`{having[0]}` has this word" if having else "`watchword synonyms list` lists them"
        raise click.UsageError(f"{problem}; {hint}")
    return sets[name]


def _copy(path: Path, name: str) -> Path:
    """Write a set to the configuration with the line breaks it has in our file, and return the file."""
    from crawler.config.edit import add_items
    from watchword.spellings.bundled import read_table

    return add_items(path, "synonyms", [read_table(name)])


def _warn_if_unrelated(watch: "WatchSettings", name: str, words: tuple[str, ...]) -> None:
    """Say on stderr if no word of the query is in the set: then it changes nothing."""
    from crawler.matching.queries.query import parse_query
    from crawler.matching.queries.synonyms import expand_synonyms

    query = parse_query(watch.query)
    if expand_synonyms(query, [words]) == query:
        note = f"no word of the query `{watch.query}` is in {name}: it changes nothing there"
        print_note(plain(note))
