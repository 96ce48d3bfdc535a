"""The subject of a message: the story in one line."""

from crawler.alerting.receipt import write_notice_subject, write_receipt_subject
from crawler.alerting.render import is_single
from crawler.alerting.show import is_old
from crawler.model.alert import HELD, Alert, AlertKind, DeliveryKind, Letter, group_of
from crawler.text.lines import clean_line

_SUBJECT_CHARACTERS = 78


def write_subject(letter: Letter) -> str:
    """Tell the story in at most 78 characters: ``drones: Headline``, ``drones (update): Headline``."""
    text = ("[test] " if letter.is_test else "") + _write_subject(letter)
    return clean_line(text, max_characters=_SUBJECT_CHARACTERS)


def _write_subject(letter: Letter) -> str:
    if letter.kind is DeliveryKind.NOTICE:
        return write_notice_subject(letter.events)
    if letter.receipt is not None and not letter.alerts:
        return write_receipt_subject(letter.receipt)
    if not is_single(letter):
        return _write_digest_subject(letter)
    first = letter.alerts[0]
    return f"{_watch(first)}{_write_label(first)}: {clean_line(first.headline)}"


def _write_digest_subject(letter: Letter) -> str:
    names = dict.fromkeys(alert.watch_name for alert in letter.alerts)
    several = f"{len(names)} watches" if len(names) > 1 else _watch(letter.alerts[0])
    name = clean_line(group_of(letter.series), max_characters=24) or several
    count = len({(alert.told_in, alert.kind) for alert in letter.alerts}) + letter.more_count
    headline = clean_line(letter.alerts[0].headline)
    more = " at once" if letter.series == HELD and letter.held_limit else ""
    return f"{name}: {headline}" if count == 1 else f"{name}: {count} stories{more}: {headline}"


def _watch(alert: Alert) -> str:
    return clean_line(alert.watch_name, max_characters=24)


def _write_label(alert: Alert) -> str:
    label = {
        AlertKind.NEW: "",
        AlertKind.UPDATE: "update",
        AlertKind.HEADLINE: "new headline",
        AlertKind.GONE: "gone",
    }[alert.kind]
    if is_old(alert) and alert.published_at is not None:
        label = ", ".join(filter(None, (label, f"old, {alert.published_at:%b %Y}")))
    return f" ({label})" if label else ""
