"""The parts of a message for a phone or a chat; ``channel_text`` chooses those that fit."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crawler.alerting.links import Links
from crawler.alerting.messages.notice import describe_notice
from crawler.alerting.messages.render import is_single
from crawler.alerting.messages.show import ShownAlert, show_alert
from crawler.alerting.messages.status_report import show_status_report
from crawler.alerting.messages.subjects import write_subject
from crawler.alerting.phrases import Phrases, phrases_of
from crawler.model.mail.alert import Alert, DeliveryKind, Message
from crawler.text.lines import clean_line

# stories of a digest: nobody reads more on a phone
_MOST_STORIES = 20
# an @ before a word is a mention, which notifies people
_MENTION = re.compile(r"@(?=[^\W_])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a message, before it is known how much fits.

    subject   the message's subject; for a single alert its headline with labels and watch
    headline  the same for a single alert; empty for any other message
    sentence  the snippet; ``hit`` is the range of the first matched term in it, 0 and 0 for none
    details   further lines, most important first, as far as there is room
    stories   headline and link of each story of a digest; there are ``more_count`` further ones, at ``more_link``
    """

    subject: str
    headline: str = ""
    links: tuple[str, ...] = ()
    sentence: str = ""
    hit: tuple[int, int] = (0, 0)
    note: str = ""
    details: tuple[str, ...] = ()
    stories: tuple[tuple[str, str], ...] = ()
    more_count: int = 0
    more_link: str = ""
    phrases: Phrases = field(default_factory=lambda: Phrases("en_GB", "UTC"))


def list_parts(message: Message, links: Links) -> Parts:
    """Return the parts of a message."""
    phrases, subject = phrases_of(message), _end_with_word(clean_line(write_subject(message)))
    if message.kind is DeliveryKind.NOTICE:
        lines = tuple(describe_notice(message, phrases))
        return Parts(subject=subject, details=lines, phrases=phrases)
    if not message.alerts:
        return Parts(
            subject=subject, details=tuple(_describe_status_report(message)), phrases=phrases
        )
    if is_single(message):
        return _list_single(message, links)
    return _list_digest(message, links, subject)


def _end_with_word(subject: str) -> str:
    """Return a subject without its last word if that was cut."""
    before, _, cut = subject.rpartition(" ")
    is_cut = cut.endswith("\u2026") and bool(before)
    return f"{before.rstrip(' ,;:-')}\u2026" if is_cut else subject


def _describe_status_report(message: Message) -> Iterator[str]:
    if message.status_report is not None:
        shown = show_status_report(message.status_report, phrases_of(message))
        yield shown.line
        yield from shown.details
        yield shown.counts
        yield shown.pending


def _list_single(message: Message, links: Links) -> Parts:
    alert, phrases = message.alerts[0], phrases_of(message)
    shown = show_alert(alert, links, message)
    sentence = _quiet("".join(text for text, _ in shown.proof)).strip()
    details = (
        phrases.say("channel.why", reason=shown.reason),
        phrases.say("channel.origin", source=shown.source_name, published=shown.published),
        shown.summary,
    )
    headline = _quiet(_write_headline(shown, phrases, watch=shown.watch_name))
    if message.is_test:
        headline = phrases.say("channel.test", headline=headline)
    return Parts(
        subject=headline,
        headline=headline,
        links=tuple(_list_links(shown, links)),
        sentence=sentence,
        hit=_find_hit(shown, sentence),
        note=_quiet(shown.note),
        details=tuple(_quiet(line) for line in details if line),
        phrases=phrases,
    )


def _list_links(shown: ShownAlert, links: Links) -> Iterator[str]:
    """Yield the addresses where a story can be read, best first; the second is used if the first is too long."""
    if shown.url:
        yield shown.url
    if shown.web_url and (links.is_public or not shown.url):
        yield shown.web_url


def _find_hit(shown: ShownAlert, sentence: str) -> tuple[int, int]:
    """Return the range of the first matched term in the sentence, 0 and 0 if there is none."""
    word = next(
        (_quiet(text).strip() for text, is_hit in shown.proof if is_hit and text.strip()), ""
    )
    before = "".join(text for text, is_hit in _until_hit(shown.proof))
    start = sentence.find(word, max(0, len(before.strip()) - 2)) if word else -1
    return (start, start + len(word)) if start >= 0 else (0, 0)


def _until_hit(proof: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    for text, is_hit in proof:
        if is_hit:
            return
        yield text, is_hit


def _write_headline(shown: ShownAlert, phrases: Phrases, *, watch: str = "") -> str:
    labels = ", ".join(shown.labels)
    if watch and labels:
        watch = phrases.say("channel.labelled", text=watch, labels=labels)
    if watch:
        return phrases.say("channel.watched", watch=watch, headline=shown.headline)
    if labels:
        return phrases.say("channel.labelled", text=shown.headline, labels=labels)
    return shown.headline


def _list_digest(message: Message, links: Links, subject: str) -> Parts:
    phrases = phrases_of(message)
    firsts: dict[tuple[int, str], Alert] = {}
    for alert in message.alerts:
        firsts.setdefault((alert.current_story_id, alert.kind), alert)
    is_mixed = len({alert.watch_name for alert in firsts.values()}) > 1
    stories = []
    for alert in list(firsts.values())[:_MOST_STORIES]:
        shown = show_alert(alert, links, message)
        watch = shown.watch_name if is_mixed else ""
        stories.append(
            (
                _quiet(_write_headline(shown, phrases, watch=watch)),
                next(_list_links(shown, links), ""),
            )
        )
    return Parts(
        subject=_quiet(subject),
        details=tuple(_describe_status_report(message))[:1],
        stories=tuple(stories),
        more_count=len(firsts) - len(stories) + message.more_count,
        more_link=links.web_url,
        phrases=phrases,
    )


def _quiet(text: str) -> str:
    """Return a text without mentions: ``@everyone`` in a headline must not notify a whole chat."""
    return _MENTION.sub("@\u2060", text)
