"""Names of sources and watches on the command line, which the Tab key completes from the configuration."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from watchword.cli.terminal.context import ComposedName


class ConfiguredName(ComposedName):
    """The name of a table of the configuration.

    table  of which kind: "source" or "watch"
    """

    def __init__(self, table: str) -> None:
        self._table = table

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin with what was typed."""
        stated = ctx.find_root().params.get("config_path")
        names = sorted(set(_list_names(self._table, stated if isinstance(stated, str) else None)))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _list_names(table: str, stated: str | None) -> Iterator[str]:
    """Yield the names in the configuration; a file that cannot be read has none, as nobody reads errors at the Tab key."""
    # imported where it is used: other commands must not wait for it
    from crawler.config.files.places import config_path, list_config_files  # noqa: PLC0415

    try:
        files: tuple[Path, ...] = tuple(list_config_files(config_path(stated)))
    except OSError:
        return
    for file in files:
        try:
            # not with pydantic, which takes half a second to load
            items = tomllib.loads(file.read_text(encoding="utf-8-sig")).get(table, [])
        except (OSError, ValueError, RecursionError):
            continue
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield item["name"]


SOURCE_NAME, WATCH_NAME = ConfiguredName("source"), ConfiguredName("watch")
