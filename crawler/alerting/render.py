"""What a letter shows, as plain text and as HTML; both say the same, and what came from the network is escaped."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import jinja2

from crawler.alerting.links import Links
from crawler.alerting.phrases import phrases_of
from crawler.alerting.receipt import show_receipt, tell_events
from crawler.alerting.show import ShownAlert, show_alert
from crawler.model.alert import HELD, Alert, DeliveryKind, Letter
from crawler.text.lines import clean_line
from crawler.text.word_diff import mark_piece

_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Rendered:
    """The two parts of a letter."""

    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Item:
    """A story in a digest, and the other watches of the digest that met it."""

    shown: ShownAlert
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What one watch of a digest met, the most telling first."""

    watch_name: str
    query: str
    items: tuple[Item, ...]


def render(letter: Letter, links: Links) -> Rendered:
    """Write both parts of a letter of any kind."""
    facts: dict[str, object] = {
        "receipt": show_receipt(letter.receipt, phrases_of(letter)) if letter.receipt else None,
        "unsubscribe_url": links.to_letter(letter) if letter.alerts else "",
        "room_url": links.room_url,
    }
    if letter.kind is DeliveryKind.NOTICE:
        return _render("notice", facts, lines=tell_events(letter.events, phrases_of(letter)))
    if letter.kind is DeliveryKind.RECEIPT:
        return _render("receipt", facts)
    if is_single(letter):
        shown = show_alert(letter.alerts[0], links, letter)
        return _render("alert", facts, alert=shown)
    return _render_digest(letter, links, facts)


def is_single(letter: Letter) -> bool:
    """Tell whether a letter is one alert: a gathered one that came alone is read as any other."""
    return letter.kind is DeliveryKind.ALERT or (letter.series == HELD and len(letter.alerts) == 1)


def _render_digest(letter: Letter, links: Links, facts: dict[str, object]) -> Rendered:
    sections = make_sections(letter, links)
    stories = sum(len(section.items) for section in sections)
    return _render(
        "digest",
        facts,
        sections=sections,
        story_count=stories,
        more_count=letter.more_count,
        note=write_held(letter),
    )


def write_held(letter: Letter) -> str:
    """Say why alerts that were to leave at once came together; empty for a digest somebody asked for."""
    if letter.series != HELD:
        return ""
    if letter.held_limit:
        return (
            f"More than {letter.held_limit} alerts came for you within an hour, so these came together. "
            "`[mail] per_hour` sets the limit."
        )
    return "Found while looking back at what sources had published before; so they came together."


def make_sections(letter: Letter, links: Links) -> tuple[Section, ...]:
    """Put a digest's alerts under their watches; a story that several met stands once, where it says most."""
    firsts: dict[tuple[int, str], list[Alert]] = {}
    for alert in letter.alerts:
        firsts.setdefault((alert.told_in, alert.kind), []).append(alert)
    by_watch: dict[str, list[tuple[Alert, tuple[str, ...]]]] = {}
    for first, *others in firsts.values():
        names = dict.fromkeys(other.watch_name for other in others)
        also = tuple(name for name in names if name != first.watch_name)
        by_watch.setdefault(first.watch_name, []).append((first, also))
    return tuple(
        Section(clean_line(name), clean_line(found[0][0].query), _items(found, links, letter))
        for name, found in by_watch.items()
    )


def _items(
    found: Iterable[tuple[Alert, tuple[str, ...]]], links: Links, letter: Letter
) -> tuple[Item, ...]:
    return tuple(
        Item(show_alert(alert, links, letter), tuple(map(clean_line, also)))
        for alert, also in found
    )


def _render(name: str, facts: dict[str, object], **more: object) -> Rendered:
    text = _templates.get_template(f"{name}.txt").render(facts, **more)
    html = _templates.get_template(f"{name}.html").render(facts, **more)
    return Rendered(text.strip() + "\n", html)


def _wrap(text: str, indent: int = 0, hang: int | None = None) -> str:
    """Fold a line at 76 columns; ``hang`` is the indent of the lines after the first."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hang is None else hang),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _mark_text(proof: Sequence[tuple[str, bool]]) -> str:
    return "".join(f"*{text}*" if is_hit else text for text, is_hit in proof)


def _change_text(changes: Iterable[tuple[str, str]]) -> str:
    return " ".join(mark_piece(kind, text) for kind, text in changes)


_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("crawler.alerting"),
    autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
_templates.filters |= {"wrap": _wrap, "mark_text": _mark_text, "change_text": _change_text}
