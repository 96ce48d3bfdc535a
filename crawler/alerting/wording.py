"""The facts of an alert in words, in a reader's language and zone."""

from datetime import date, datetime, timedelta

from crawler.alerting.phrases import Phrases
from crawler.model.mail.alert import Alert, AlertKind, Outlet
from crawler.text.instants import read_stated_zone
from crawler.text.languages.direction import isolate
from crawler.text.lines import clean_line

# published this long before we found it, a story is labelled as old
OLD_AFTER = timedelta(days=7)
# terms named as the reason: a query of a hundred names would fill the message
_MOST_TERMS = 20


def is_old(alert: Alert) -> bool:
    """Return whether the story was published more than a week before the alert."""
    return alert.published_at is not None and alert.raised_at - alert.published_at > OLD_AFTER


def write_labels(alert: Alert, phrases: Phrases) -> tuple[str, ...]:
    """Return an alert's labels: ``update``, ``headline changed``, ``gone (404)``, ``old``; empty for plain news."""
    labels = {
        AlertKind.NEW: (),
        AlertKind.UPDATE: (phrases.say("alert.label_update"),),
        AlertKind.HEADLINE: (phrases.say("alert.label_headline"),),
        AlertKind.GONE: (phrases.say("alert.label_gone", status=alert.gone_status or 404),),
    }[alert.kind]
    return (*labels, phrases.say("alert.label_old")) if is_old(alert) else labels


def write_note(alert: Alert, phrases: Phrases) -> str:
    """Return a note on why the reader gets an alert, if it needs one; empty for plain news."""
    limit = phrases.say("alert.last_today") if alert.is_last_today else ""
    parts = (_write_kind(alert, phrases), _write_origin(alert, phrases), limit)
    return " ".join(filter(None, parts))


def _write_kind(alert: Alert, phrases: Phrases) -> str:
    match alert.kind:
        case AlertKind.UPDATE if alert.diff:
            return phrases.say("alert.updated")
        case AlertKind.UPDATE:
            return phrases.say("alert.added_elsewhere")
        case AlertKind.HEADLINE:
            # two or three lines of a mail
            before = clean_line(alert.headline_before, max_characters=200)
            return phrases.say("alert.headline_changed", before=before)
        case AlertKind.GONE:
            return phrases.say("alert.gone", status=alert.gone_status or 404)
        case _:
            return phrases.say("alert.old") if is_old(alert) else ""


def _write_origin(alert: Alert, phrases: Phrases) -> str:
    """Return the sentence that the text is the feed's own, and why; empty if the page was read."""
    if not alert.from_feed or alert.kind is AlertKind.GONE:
        return ""
    return phrases.say("alert.from_feed", reason=clean_line(alert.from_feed).rstrip("."))


def write_published(alert: Alert, phrases: Phrases) -> str:
    """Return when the article was published, as precisely as is known."""
    if alert.published_at is None:
        return phrases.say("alert.unstated", when=phrases.instant(alert.raised_at))
    if alert.precision == "day":
        day = phrases.calendar_day(_stated_day(alert.published_at, alert.published_zone))
        return phrases.say("alert.day_only", day=day)
    if alert.precision == "hour":
        return phrases.say(
            "alert.about",
            day=phrases.day(alert.published_at),
            time=phrases.time(alert.published_at),
            zone=phrases.zone_name(alert.published_at),
        )
    return phrases.instant(alert.published_at)


def _stated_day(published_at: datetime, zone: str | None) -> date:
    """Return the day that a page stated: midnight in the page's zone is stored, which may be another day elsewhere."""
    return published_at.astimezone(read_stated_zone(zone)).date()


def write_reason(alert: Alert, phrases: Phrases) -> str:
    """Return why an alert matched: the terms found, how often, and whether in the headline."""
    cut = (clean_line(term, max_characters=80) for term in alert.terms[:_MOST_TERMS])
    terms = [isolate(term, around=phrases.direction) for term in cut]
    more = ["\u2026"] if len(alert.terms) > _MOST_TERMS else []
    often = _write_often(alert, phrases)
    return phrases.say("alert.reason", terms=", ".join([*terms, *more]), often=often)


def _write_often(alert: Alert, phrases: Phrases) -> str:
    if alert.in_headline and alert.hit_count <= 1:
        return phrases.say("alert.once_in_headline")
    named = {1: "alert.once", 2: "alert.twice"}.get(alert.hit_count)
    often = phrases.say(named) if named else phrases.count("alert.times", alert.hit_count)
    return phrases.say("alert.also_in_headline", often=often) if alert.in_headline else often


def write_outlets(alert: Alert, phrases: Phrases) -> str:
    """Return how many outlets have the story and which was first; empty for a single one."""
    names = {clean_line(outlet.source_name) for outlet in alert.outlets}
    if len(names) < 2:
        return ""
    first = alert.outlets[0]
    return phrases.count(
        "alert.outlets",
        max(len(names), alert.outlet_count),
        first=clean_line(first.source_name),
        when=_write_moment(first, alert, phrases),
    )


def write_when(outlet: Outlet, alert: Alert, phrases: Phrases) -> str:
    """Return when an outlet published the story, marked if it is only when we saw it."""
    moment = _write_moment(outlet, alert, phrases)
    return moment if outlet.is_stated else phrases.say("alert.seen", when=moment)


def _write_moment(outlet: Outlet, alert: Alert, phrases: Phrases) -> str:
    """Return an outlet's time of day, with the date if it is not the alert's day."""
    if phrases.is_same_day(outlet.published_or_seen_at, alert.raised_at):
        return phrases.time(outlet.published_or_seen_at)
    if phrases.is_same_year(outlet.published_or_seen_at, alert.raised_at):
        return phrases.short_instant(outlet.published_or_seen_at)
    return f"{phrases.day(outlet.published_or_seen_at)} {phrases.time(outlet.published_or_seen_at)}"
