"""Faults that no single field can find: names used twice or unknown, unreadable queries, missing extras."""

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from pydantic import BaseModel

from crawler.config.checks.faults import Origin
from crawler.config.sections.mail import ChannelSettings
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.errors import Fault
from crawler.text.web.webhook_keys import find_key_fault, list_keys

QueryCheck = Callable[[str], str | None]
Items = Mapping[str, Sequence[tuple[BaseModel, Origin]]]


def find_faults(
    items: Items, check_query: QueryCheck, *, unread: Collection[str] = ()
) -> Iterator[Fault]:
    """Yield the faults between the tables of a configuration.

    items        the settings of each kind of list, with their origins
    check_query  returns what is wrong with a watch's query, or None
    unread       kinds of lists with a faulty table: a name that is not found there may be the one of that table
    """
    for key, found in items.items():
        if key != "recipient":  # these have addresses, no names; see ``find_recipient_faults``
            yield from _check_names(found)
    known = _Known.of(items)
    for settings, origin in (item for found in items.values() for item in found):
        match settings:
            case SourceSettings():
                yield from _check_source(settings, origin)
            case ChannelSettings():
                yield from _check_channel(settings, origin)
            case WatchSettings():
                yield from _check_watch(settings, origin, known, unread)
                if fault := check_query(settings.query):
                    yield origin.fault(("query",), fault)


def _check_names(items: Sequence[tuple[BaseModel, Origin]]) -> Iterator[Fault]:
    seen: dict[str, tuple[str, Origin]] = {}
    for settings, origin in items:
        name = str(getattr(settings, "name", ""))
        key = _fold(name)
        other, place = seen.setdefault(key, (name, origin))
        if place is origin:
            continue
        if other == name:
            problem = f'the name "{name}" is taken by {place.spot()}; names are unique'
        else:
            problem = (
                f'the name "{name}" differs from "{other}", {place.spot()}, only in how its characters are written, which '
                "nobody sees in a mail or an address; write one of them otherwise, such as "
                f'"{name} 2": what is stored follows a name that alone is changed'
            )
        yield origin.fault(("name",), problem)


def _fold(name: str) -> str:
    """Return a form that is equal for names people cannot tell apart: case, width and ligatures do not count.

    Normalised twice, because casefolding can undo the normal form.
    """
    if name.isascii():  # most names: the rest changes nothing then, and costs ten times as much
        return name.lower()
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)


@dataclass(frozen=True, slots=True)
class _Known:
    """The names a watch can refer to: sources and their tags, synonyms, channels."""

    scopes: frozenset[str]
    sets: frozenset[str]
    channels: frozenset[str]

    @classmethod
    def of(cls, items: Items) -> "_Known":
        names = {
            key: frozenset(str(getattr(item, "name", "")) for item, _ in found)
            for key, found in items.items()
        }
        tags = (getattr(item, "tags", ()) for item, _ in items["source"])
        return cls(names["source"].union(*tags), names["synonyms"], names["channel"])


def _check_source(source: SourceSettings, origin: Origin) -> Iterator[Fault]:
    if source.render and find_spec("scrapy_playwright") is None:
        problem = (
            "needs the browser extra: pip install 'watchword[browser]', then `playwright install chromium` "
            "or a path in [fetch] browser"
        )
        yield origin.fault(("render",), problem)


def _check_channel(channel: ChannelSettings, origin: Origin) -> Iterator[Fault]:
    if not channel.secret_file and (problem := find_key_fault(list_keys(channel.secret))):
        yield origin.fault(("secret",), problem)
    if channel.kind == "apprise" and find_spec("apprise") is None:
        problem = "needs the channels extra: pip install 'watchword[channels]'"
        yield origin.fault(("kind",), problem)


def _check_watch(
    watch: WatchSettings, origin: Origin, known: _Known, unread: Collection[str]
) -> Iterator[Fault]:
    stated = (
        ("source", "sources", watch.sources, known.scopes, "no source has the name or tag"),
        ("synonyms", "synonyms", watch.synonyms, known.sets, "no `[[synonyms]]` has the name"),
        ("channel", "channels", watch.channels, known.channels, "no `[[channel]]` has the name"),
    )
    for kind, key, names, there, problem in stated:
        for name in names if kind not in unread else ():
            if name not in there:
                yield origin.fault((key,), origin.near(f'{problem} "{name}"', name, there))
