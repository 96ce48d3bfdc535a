"""The commands ``watchword source import`` and ``export``: read and write OPML lists."""

# imported where it is used: --help must not wait for pydantic, lxml and tomlkit.
# ruff: noqa: PLC0415
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.text.counts import write_count, write_number
from crawler.text.web.urls import article_key
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.database_place import refuse_own_file

if TYPE_CHECKING:
    from crawler.config.sections.sources import SourceSettings
    from crawler.text.source_lists.opml import OpmlList, Subscription

LOGIN_TAKEN = (
    "The login in the address was taken out and becomes `username` and `password` of the source. It is safer to put the "
    "password into a file that only Watchword may read, and to name that as `password_file`."
)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag for all of them; may be repeated.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be added; write nothing.")
@pass_context
def import_(context: Context, file: Path, *, tags: tuple[str, ...], dry_run: bool) -> None:
    """Add the feeds of an OPML list exported by a feed reader.

    Folders become tags. Sources you already have are left alone; entries that cannot be imported are listed with the
    reason. A login in an address becomes the source's username and password. This command visits nothing.

    \b
    Example:
      watchword source import feeds.opml --tag from-my-reader
    """
    from crawler.config.edit import add_items
    from crawler.text.source_lists.opml import read_opml

    try:
        found = read_opml(file.read_bytes())
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    known = {article_key(source.url): source.name for source in context.config.sources}
    # the file is replaced as a whole, at the end
    with progress("Importing", noun="outline", advice="nothing was written") as bar:
        sorted_out = sort_out(found, known, tags, on_progress=bar)
        if sorted_out.added and not dry_run:
            add_items(context.config_path, "source", sorted_out.added)
    _print_result(sorted_out, dry_run=dry_run)


@dataclass(slots=True)
class SortedOut:
    """The entries of an OPML list: settings to add, and a sentence on each that is already known or left out."""

    added: list[dict[str, object]] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def sort_out(
    found: "OpmlList",
    known_sources: Mapping[str, str],
    tags: tuple[str, ...],
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _count: None,
) -> SortedOut:
    """Return what of an OPML list can be added.

    known_sources  names of the sources there are, by the keys of their addresses
    on_progress    called with (done, total)
    """
    known = dict(known_sources)
    taken = set(known.values())
    result = SortedOut()
    for done, item in enumerate(found.subscriptions):
        on_progress(done, len(found.subscriptions))
        key = article_key(item.url)
        if key in known:
            result.known.append(
                f'{item.title or item.url}: {item.url} is the source "{known[key]}"'
            )
            continue
        facts = _make_facts(item, tags)
        try:
            # any name will do here: an unused one is chosen only for an entry that can be added
            check_settings({**facts, "name": "x"})
        except click.UsageError as error:
            result.left_out.append(f"{item.title or item.url}: {item.url}: {error.message}")
            continue
        # counts as known from now on, so that a feed listed twice is added once
        facts["name"] = known[key] = _free_name(item, taken)
        result.added.append(facts)
    for outline in found.left_out:
        words = (outline.title, outline.address and f'"{outline.address}"', outline.reason)
        result.left_out.append(": ".join(word for word in words if word))
    return result


def _make_facts(item: "Subscription", tags: tuple[str, ...]) -> dict[str, object]:
    facts: dict[str, object] = {"name": "", "url": item.url}
    if item.kind != "link":
        facts["kind"] = "feed"
    if item.tags or tags:
        facts["tags"] = list(dict.fromkeys((*item.tags, *tags)))
    login = {"username": item.username, "password": item.password}
    return facts | {key: value for key, value in login.items() if value}


def _print_result(result: SortedOut, *, dry_run: bool) -> None:
    verb = "Would add" if dry_run else "Added"
    for facts in result.added:
        click.echo(f"{verb.lower()}: {facts['name']}: {facts['url']}")
    for line in result.known:
        click.echo(f"there already: {line}")
    for line in result.left_out:
        click.echo(f"left out: {line}")
    total = len(result.added) + len(result.known) + len(result.left_out)
    summary = f"{verb} {write_number(len(result.added))} of {write_count(total, 'source')}; {write_count(len(result.known), 'was', 'were')} there already"
    click.echo(
        f"{summary}, {write_number(len(result.left_out))} left out."
        if result.left_out
        else f"{summary}."
    )
    if any("password" in facts or "username" in facts for facts in result.added):
        click.echo(LOGIN_TAKEN, err=True)


def _free_name(item: "Subscription", taken: set[str]) -> str:
    # a name may have 80 characters: this leaves room for a number
    stem = (item.title or item.url)[:70].strip()
    # one after the other: a list of all of them for each outline took minutes for a list of thousands
    names = chain((stem,), (f"{stem} {number}" for number in count(2)))
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name


@click.command()
@click.argument(
    "file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False
)
@pass_context
def export(context: Context, file: Path | None) -> None:
    """Write the sources as an OPML list to a file or to stdout.

    Feeds are written as feeds, other kinds as links; the first tag becomes the folder, the others categories.

    \b
    Example:
      watchword source export feeds.opml
    """
    from crawler.text.source_lists.opml import Subscription, write_opml

    subscriptions = [
        Subscription(
            title=source.name,
            url=source.url,
            kind="rss" if source.kind.value == "feed" else "link",
            tags=source.tags,
        )
        for source in context.config.sources
    ]
    content = write_opml(subscriptions, title="Watchword sources")
    if file is None:
        click.echo(content.decode(), nl=False)
        return
    refuse_own_file(file, context.config.store.path)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {write_count(len(subscriptions), 'source')} to {file}.")


def check_settings(facts: dict[str, object]) -> "SourceSettings":
    """Return the checked settings of a source; raise UsageError with the first fault."""
    from pydantic import ValidationError

    from crawler.config.sections.sources import SourceSettings

    try:
        return SourceSettings.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise click.UsageError(
            f"{first['loc'][0] if first['loc'] else 'source'}: {first['msg'].removeprefix('Value error, ')}"
        ) from error
