"""The subject of a message."""

from collections.abc import Mapping

from crawler.alerting.messages.digest import make_layout
from crawler.alerting.messages.notice import write_notice_subject
from crawler.alerting.messages.render import is_single
from crawler.alerting.messages.status_report import write_status_report_subject
from crawler.alerting.phrases import Phrases, phrases_of
from crawler.alerting.wording import is_old
from crawler.model.mail.alert import Alert, AlertKind, DeliveryKind, Message, group_of
from crawler.text.lines import clean_line

# the longest line that RFC 5322, 2.1.1 recommends
_SUBJECT_CHARACTERS = 78
_NAME_CHARACTERS = 24  # of a watch or group, so that room is left for the headline


def write_subject(message: Message) -> str:
    """Return at most 78 characters, such as ``drones: Headline`` or ``65 stories: dividends 34, elections 29``."""
    phrases = phrases_of(message)
    room = _SUBJECT_CHARACTERS
    if message.is_test:
        room -= len(phrases.say("subject.test", subject=""))
    text = clean_line(_write_subject(message, phrases, room), max_characters=room)
    if message.is_test:
        text = phrases.say("subject.test", subject=text)
    return clean_line(text, max_characters=_SUBJECT_CHARACTERS)


def _write_subject(message: Message, phrases: Phrases, room: int) -> str:
    if message.kind is DeliveryKind.NOTICE:
        return write_notice_subject(message, phrases)
    if message.status_report is not None and not message.alerts:
        return write_status_report_subject(message.status_report, phrases)
    if is_single(message):
        return _write_story(message.alerts[0], message.alerts[0].watch_name, phrases)
    group = clean_line(group_of(message.series), max_characters=_NAME_CHARACTERS)
    if not group:
        return _write_digest(message, phrases, room)
    room -= len(phrases.say("subject.group", group=group, subject=""))
    # a translation may leave less room: a subject cut at its end is better than an empty one
    subject = _write_digest(message, phrases, max(room, 20))
    return phrases.say("subject.group", group=group, subject=subject)


def _write_digest(message: Message, phrases: Phrases, room: int) -> str:
    layout, first = make_layout(message), message.alerts[0]
    count, watches = layout.story_count, layout.watches
    if count == 1:
        return _write_story(first, ", ".join([*watches][:2]), phrases)
    if len(watches) == 1:
        watch, headline = _name(first.watch_name), clean_line(first.headline)
        return phrases.count("subject.several", count, watch=watch, headline=headline)
    room -= len(phrases.count("subject.counts", count, watches=""))
    return phrases.count("subject.counts", count, watches=_name_watches(watches, phrases, room))


def _name_watches(watches: Mapping[str, int], phrases: Phrases, room: int) -> str:
    """Return as many watches as there is room for, most stories first, and the number of the others."""
    parts = [
        phrases.count("subject.watch_count", count, watch=_name(name))
        for name, count in watches.items()
    ]
    for kept in range(len(parts), 0, -1):
        text, others = ", ".join(parts[:kept]), len(parts) - kept
        if others:
            text = phrases.count("subject.more_watches", others, watches=text)
        if len(text) <= room:
            return text
    return phrases.count("digest.watches", len(parts))


def _write_story(alert: Alert, watches: str, phrases: Phrases) -> str:
    watch, headline = _name(watches), clean_line(alert.headline)
    headline = headline or phrases.say("alert.no_headline")
    labels = ", ".join(filter(None, _labels(alert, phrases)))
    if labels:
        return phrases.say("subject.labelled", watch=watch, labels=labels, headline=headline)
    return phrases.say("subject.single", watch=watch, headline=headline)


def _name(watch: str) -> str:
    return clean_line(watch, max_characters=_NAME_CHARACTERS)


def _labels(alert: Alert, phrases: Phrases) -> tuple[str, ...]:
    kinds = {
        AlertKind.UPDATE: "subject.update",
        AlertKind.HEADLINE: "subject.headline",
        AlertKind.GONE: "subject.gone",
    }
    kind = phrases.say(kinds[alert.kind]) if alert.kind in kinds else ""
    if is_old(alert) and alert.published_at is not None:
        return kind, phrases.say("subject.old", month=phrases.month(alert.published_at))
    return (kind,)
