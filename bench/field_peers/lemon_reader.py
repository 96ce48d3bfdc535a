"""lemon24/reader as a peer: its entries after an update count as seen by a person. Runs in its own environment."""

from pathlib import Path
from typing import Any

from reader import FeedImportError, make_reader

from bench.field_peers.wire import Source, entry, serve

# those of its own plugins that help with odd feeds
_PLUGINS = [
    "reader.plugins.ua_fallback",
    "reader.plugins.entry_dedupe",
    "reader.plugins.autodiscover",
]


class LemonReader:
    """A reader with a database in the folder."""

    def __init__(self, sources: list[Source], folder: Path) -> None:
        self._reader = make_reader(str(folder / "reader.sqlite"), plugins=_PLUGINS)
        self._failures: list[str] = []
        for source in sources:
            self._reader.add_feed(source["url"])

    def visit(self) -> None:
        self._reader.update_feeds(scheduled=False)
        for feed in self._reader.get_feeds():
            if feed.last_exception:
                self._failures.append(f"{feed.url}: {feed.last_exception.value_str}")

    def take(self, outlines: Path) -> None:
        try:
            with outlines.open("rb") as file:
                self._reader.import_feeds(file)
        except FeedImportError as error:
            self._failures.append(str(error))

    def report(self) -> dict[str, Any]:
        entries = []
        for held in self._reader.get_entries():
            content = held.get_content(prefer_summary=False)
            published = held.published or held.updated
            entries.append(
                entry(
                    held.title,
                    held.link,
                    content.value if content else held.summary,
                    published.isoformat() if published else "",
                )
            )
        return {
            "entries": entries,
            "failures": self._failures,
            "lists": [feed.url for feed in self._reader.get_feeds()],
        }


if __name__ == "__main__":
    serve(LemonReader)
