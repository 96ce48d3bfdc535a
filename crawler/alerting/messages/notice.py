"""The text of a notice to the admin: sources whose health changed, and an edit that is not in force."""

from crawler.alerting.messages.report_lines import describe_last_read, write_reason
from crawler.alerting.phrases import Phrases
from crawler.model.mail.alert import Message
from crawler.model.mail.status_report import RefusedEdit, SourceEvent
from crawler.text.lines import clean_line


def write_notice_title(message: Message, phrases: Phrases) -> str:
    """Return the heading of a notice."""
    if message.refused_edit is None:
        return phrases.say("notice.title")
    return phrases.say("notice.title_both" if message.events else "notice.title_edit")


def describe_notice(message: Message, phrases: Phrases) -> list[str]:
    """Return the lines of a notice; the edit comes first, because it needs somebody to act."""
    edit = message.refused_edit
    lines = [] if edit is None else [_describe_edit(edit, phrases)]
    return [*lines, *_describe_events(message.events, phrases)]


def _describe_edit(edit: RefusedEdit, phrases: Phrases) -> str:
    since, note = phrases.short_instant(edit.refused_at), clean_line(edit.note, max_characters=400)
    if edit.ended_at is None:
        return phrases.say("notice.edit", since=since, note=note)
    return phrases.say("notice.edit_ended", since=since, until=phrases.short_instant(edit.ended_at))


def _describe_events(events: tuple[SourceEvent, ...], phrases: Phrases) -> list[str]:
    """Return a line for each source: its last state, and the states before."""
    by_source = dict[str, list[SourceEvent]]()
    for event in events:
        by_source.setdefault(event.source_name, []).append(event)
    return [_describe_chain(name, chain, phrases) for name, chain in by_source.items()]


def _describe_chain(name: str, chain: list[SourceEvent], phrases: Phrases) -> str:
    last = chain[-1]
    states = [chain[0].health_before, *(one.health for one in chain[:-1])]
    before = " \u2192 ".join(_name_health(state, phrases) for state in states)
    facts = {
        "name": clean_line(name),
        "since": phrases.short_instant(last.happened_at),
        "before": before,
    }
    if last.health == "ok":
        return phrases.say("notice.event_ok", **facts)
    read = describe_last_read(last.read_at, phrases)
    # a notice waits to be gathered, and for the mail server: the source may have been read again since
    if last.health == "failing" and last.read_at is not None and last.read_at > last.happened_at:
        read = phrases.say("notice.event_read", read=phrases.short_instant(last.read_at))
    reason = write_reason(last.reason)
    state = _name_health(last.health, phrases)
    return phrases.say("notice.event", state=state, last=read, reason=reason, **facts)


def write_notice_subject(message: Message, phrases: Phrases) -> str:
    """Return the subject of a notice: an edit that is not in force, then changed sources, worst health first."""
    last = {event.source_name: event.health for event in message.events}
    parts = [phrases.say("notice.subject_edit")] if message.refused_edit else []
    for health in ("failing", "degraded", "quiet", "ok"):
        names = [clean_line(name, max_characters=30) for name, state in last.items() if state == health]  # fmt: skip
        state = _name_health(health, phrases)
        if len(names) == 1:
            parts.append(phrases.say("notice.subject_one", name=names[0], state=state))
        elif names:
            parts.append(phrases.count("notice.subject_several", len(names), state=state))
    changes = ", ".join(parts) or phrases.say("notice.subject_none")
    return phrases.say("notice.subject", changes=changes)


def _name_health(health: str, phrases: Phrases) -> str:
    known = health in {"new", "ok", "failing", "quiet", "degraded"}
    return phrases.say(f"notice.health_{health}") if known else health
