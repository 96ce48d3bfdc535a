"""What the demo promises, and what of it has happened so far."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from crawler.storage.process.activity import Event

# (kind of event, word of its headline; "" for any) -> what is missing without it; the articles are in pages/articles.toml
_PROMISED = {
    ("copy", ""): "the copy of the survey story",
    ("revised", "Library"): "the correction of the library story",
    ("revised", "Ferry"): "the edit of the ferry story",
    ("mailed", "Saltmere"): "the alert about the survey drones",
    ("mailed", "Lighthouse"): "the alert about the lighthouse",
    ("mailed", "Ferry"): "the alert about the ferry",
}


@dataclass(slots=True)
class Seen:
    """What has happened so far: events by kind, promises kept, and the alerts that were delivered.

    mails  delivered alerts, as (headline, Maildir file)
    """

    counts: Counter[str] = field(default_factory=Counter)
    kept: set[tuple[str, str]] = field(default_factory=set)
    mails: list[tuple[str, Path]] = field(default_factory=list)
    first_mail_seconds: float | None = None

    def note(self, event: Event, *, elapsed_seconds: float) -> bool:
        """Count an event; return whether it is the first alert."""
        self.counts[event.kind] += 1
        self.kept |= {
            (kind, word) for kind, word in _PROMISED if kind == event.kind and word in event.text
        }
        if event.kind != "mailed":
            return False
        self.mails.append((event.text, Path(event.detail)))
        if len(self.mails) > 1:
            return False
        self.first_mail_seconds = elapsed_seconds
        return True

    def list_missing(self) -> tuple[str, ...]:
        """Return what was promised and has not happened."""
        return tuple(what for promise, what in _PROMISED.items() if promise not in self.kept)

    def is_whole(self) -> bool:
        """Return whether everything the demo promises has happened."""
        return not self.list_missing()


def write_missing(missing: tuple[str, ...]) -> str:
    """Return ``the copy of the survey story and the alert about the ferry were not seen``."""
    *first, last = missing
    if not first:
        return f"{last} was not seen"
    return f"{', '.join(first)} and {last} were not seen"
