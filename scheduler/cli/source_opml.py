"""``watchword source import`` and ``export``: OPML lists in and out."""

# pydantic, lxml and tomlkit are for those who use them, not for --help.
# ruff: noqa: PLC0415
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.text.urls import article_key
from scheduler.cli.context import Context, pass_context

if TYPE_CHECKING:
    from crawler.config.schema import SourceSettings


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--tag", "tags", multiple=True, help="A word to group all of them by; may be repeated."
)
@click.option("--dry-run", is_flag=True, help="Say what would be added, and write nothing.")
@pass_context
def import_(context: Context, file: Path, *, tags: tuple[str, ...], dry_run: bool) -> None:
    """Add the feeds of an OPML list, as every feed reader exports it. Folders become tags.

    What is a source already is left alone. Nothing is visited by this command.

    \b
    Example:
      watchword source import feeds.opml --tag from-my-reader
    """
    from crawler.config.edit import add_items
    from crawler.text.opml import read_opml

    try:
        subscriptions = read_opml(file.read_bytes())
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    known = {article_key(source.url) for source in context.config.sources}
    taken = {source.name for source in context.config.sources}
    added: list[dict[str, object]] = []
    for item in subscriptions:
        if article_key(item.url) in known:
            continue
        kind = "feed" if item.kind != "link" else "auto"
        facts: dict[str, object] = {
            "name": _free_name(item.title or item.url, taken),
            "url": item.url,
        }
        facts |= {"kind": kind} if kind == "feed" else {}
        facts |= {"tags": list(dict.fromkeys((*item.tags, *tags)))} if item.tags or tags else {}
        check_settings(facts)
        added.append(facts)
    if added and not dry_run:
        add_items(context.config_path, "source", added)
    verb = "Would add" if dry_run else "Added"
    left = len(subscriptions) - len(added)
    click.echo(f"{verb} {len(added)} of {len(subscriptions)} sources; {left} were there already.")


def _free_name(title: str, taken: set[str]) -> str:
    stem = " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())[:70]
    names = [stem, *(f"{stem} {number}" for number in range(2, 100_000))]
    name = next(name for name in names if name and name not in taken)
    taken.add(name)
    return name


@click.command()
@click.argument(
    "file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False
)
@pass_context
def export(context: Context, file: Path | None) -> None:
    """Write the sources as an OPML list, to a file or to stdout.

    Feeds are written as feeds, other kinds as links; the first tag becomes the folder, further ones categories.

    \b
    Example:
      watchword source export feeds.opml
    """
    from crawler.text.opml import Subscription, write_opml

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
    try:
        file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {len(subscriptions)} sources to {file}.")


def check_settings(facts: dict[str, object]) -> "SourceSettings":
    """Make settings of facts; raises UsageError saying what is wrong."""
    from pydantic import ValidationError

    from crawler.config.schema import SourceSettings

    try:
        return SourceSettings.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise click.UsageError(
            f"{first['loc'][0] if first['loc'] else 'source'}: {first['msg'].removeprefix('Value error, ')}"
        ) from error
