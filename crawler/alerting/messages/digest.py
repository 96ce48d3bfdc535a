"""Arranging the alerts of a digest: under their watches, counted as stories, ordered by score."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from crawler.alerting.links import Links
from crawler.alerting.messages.show import ShownAlert, show_alert
from crawler.alerting.phrases import Phrases
from crawler.model.mail.alert import AlertKind, Entry, Message
from crawler.text.lines import clean_line

# names of other watches in one line; more would not fit a phone
_MOST_NAMES = 5


@dataclass(frozen=True)
class Layout:
    """The arrangement of a message's entries: each story once, under the watch it is most about.

    entries  of the message, highest score first; a story that several watches matched has one entry for each
    """

    entries: tuple[Entry, ...]

    @cached_property
    def story_count(self) -> int:
        """Return how many stories there are, each counted once."""
        return len({entry.story_id for entry in self.entries})

    @cached_property
    def shared_count(self) -> int:
        """Return how many stories were matched by more than one watch."""
        pairs = {(entry.story_id, entry.watch_name) for entry in self.entries}
        return sum(count > 1 for count in Counter(story_id for story_id, _ in pairs).values())

    @cached_property
    def watches(self) -> dict[str, int]:
        """Return how many stories each watch matched, most first."""
        met: dict[str, set[int]] = {}
        for entry in self.entries:
            met.setdefault(entry.watch_name, set()).add(entry.story_id)
        counts = {name: len(stories) for name, stories in met.items()}
        return dict(sorted(counts.items(), key=lambda item: -item[1]))

    @cached_property
    def standing(self) -> dict[str, list[Entry]]:
        """Return the entries shown under each watch, in the order of ``watches``; empty for a watch whose are all elsewhere."""
        by_watch: dict[str, list[Entry]] = {name: [] for name in self.watches}
        for entry in self._firsts.values():
            by_watch[entry.watch_name].append(entry)
        return by_watch

    @cached_property
    def _firsts(self) -> dict[tuple[int, AlertKind], Entry]:
        firsts: dict[tuple[int, AlertKind], Entry] = {}
        for entry in self.entries:
            firsts.setdefault((entry.story_id, entry.kind), entry)
        return firsts

    @cached_property
    def _watches_by_key(self) -> dict[tuple[int, AlertKind], dict[str, None]]:
        by_key: dict[tuple[int, AlertKind], dict[str, None]] = {}
        for entry in self.entries:
            by_key.setdefault((entry.story_id, entry.kind), {})[entry.watch_name] = None
        return by_key

    def also_of(self, entry: Entry) -> tuple[str, ...]:
        """Return the other watches that matched the story of an entry."""
        names = self._watches_by_key[entry.story_id, entry.kind]
        return tuple(name for name in names if name != entry.watch_name)

    def elsewhere(self, watch_name: str) -> tuple[int, tuple[str, ...]]:
        """Return how many stories of a watch are shown only under other watches, and the names of those."""
        own = {entry.story_id for entry in self.standing[watch_name]}
        found = {
            first.story_id: first.watch_name
            for first in self._met.get(watch_name, [])
            if first.story_id not in own
        }
        return len(found), tuple(dict.fromkeys(found.values()))

    @cached_property
    def _met(self) -> dict[str, list[Entry]]:
        """The entries that are shown once, by each watch that matched their stories."""
        found: dict[str, list[Entry]] = {}
        for key, first in self._firsts.items():
            for name in self._watches_by_key[key]:
                found.setdefault(name, []).append(first)
        return found

    @cached_property
    def order(self) -> tuple[Entry, ...]:
        """Return the entries in the order in which a short message keeps them: the first of every watch, then the others."""
        firsts = {found[0].alert_id: found[0] for found in self.standing.values() if found}
        others = (entry for entry in self._firsts.values() if entry.alert_id not in firsts)
        return (*firsts.values(), *others)


def make_layout(message: Message) -> Layout:
    """Return the arrangement of a message's entries; without any its alerts are the entries."""
    own = (
        Entry(
            alert_id=alert.id,
            watch_name=alert.watch_name,
            story_id=alert.current_story_id,
            kind=alert.kind,
        )
        for alert in message.alerts
    )
    # entries are all alerts of the message; ``alerts`` may be only those there is room for
    return Layout(message.entries or tuple(own))


def choose_shown(entries: tuple[Entry, ...], *, most: int) -> tuple[int, ...]:
    """Return the ids of at most ``most`` alerts to show, highest score first; every watch has one before any has two."""
    chosen = {entry.alert_id for entry in Layout(entries).order[:most]}
    return tuple(entry.alert_id for entry in entries if entry.alert_id in chosen)


@dataclass(frozen=True, slots=True)
class Item:
    """A story in a digest, with the names of other watches that matched it."""

    shown: ShownAlert
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories of one watch in a digest, highest score first.

    story_count      all stories it matched; there was no room for ``hidden_count`` of them
    elsewhere_count  of them are shown under other watches, which ``elsewhere`` names
    web_url          the page with all alerts of the watch
    """

    anchor: str
    web_url: str
    watch_name: str
    query: str
    story_count: int
    items: tuple[Item, ...]
    hidden_count: int
    elsewhere_count: int
    elsewhere: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The content of a message of several stories.

    shown_count   stories that are shown, of ``story_count``
    shared_count  stories that more than one watch matched
    """

    sections: tuple[Section, ...]
    story_count: int
    shown_count: int
    shared_count: int


def make_digest(message: Message, links: Links, *, phrases: Phrases, most: int) -> Digest:
    """Return a message's stories under their watches; a story that several matched is shown once, at its highest score.

    most  show at most this many entries
    """
    layout = make_layout(message)
    shown = {
        alert.id: show_alert(alert, links, message, phrases=phrases) for alert in message.alerts
    }
    printed = [entry for entry in layout.order if entry.alert_id in shown][:most]
    sections = tuple(_make_sections(layout, shown, {entry.alert_id for entry in printed}, links))
    return Digest(
        sections=sections,
        story_count=layout.story_count,
        shown_count=len({entry.story_id for entry in printed}),
        shared_count=layout.shared_count,
    )


def _make_sections(
    layout: Layout, shown: dict[int, ShownAlert], printed: set[int], links: Links
) -> Iterator[Section]:
    for number, (name, standing) in enumerate(layout.standing.items(), start=1):
        entries = [entry for entry in standing if entry.alert_id in printed]
        items = tuple(
            Item(shown[entry.alert_id], tuple(map(clean_line, layout.also_of(entry))))
            for entry in entries
        )
        own = {entry.story_id for entry in standing}
        elsewhere_count, elsewhere = layout.elsewhere(name)
        yield Section(
            anchor=f"w{number}",
            web_url=links.to_watch(name),
            watch_name=clean_line(name, max_characters=80),
            query=clean_line(items[0].shown.query, max_characters=200) if items else "",
            story_count=layout.watches[name],
            items=items,
            hidden_count=len(own - {entry.story_id for entry in entries}),
            elsewhere_count=elsewhere_count,
            elsewhere=join_names(elsewhere),
        )


def join_names(names: Sequence[str]) -> str:
    """Return the first five names with commas, and ``…`` for further ones."""
    some = [clean_line(name, max_characters=80) for name in names[:_MOST_NAMES]]
    return ", ".join(chain(some, ["\u2026"] if len(names) > _MOST_NAMES else []))
