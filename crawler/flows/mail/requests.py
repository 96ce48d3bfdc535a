"""Does what people ask of the daemon: the change and its answer are one transaction, so it is done once (decision 021)."""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from crawler.config.schema import Config
from crawler.errors import RequestRefused, RetryLater, StopNow
from crawler.flows.mail.actions import Action, apply_action, list_sent_alerts
from crawler.flows.mail.audience import list_silent
from crawler.flows.mail.resend import queue_again
from crawler.flows.process.names.new_names import keep_under_new_name
from crawler.model.mail.alert import Alert, channel_of
from crawler.model.request import CRAWL_KINDS, OUTSIDE_KINDS, Request, RequestKind
from crawler.storage.crawl.sources import find_source_row, mark_due_now, start_backfill
from crawler.storage.file.database import to_instant, to_instant_or_none, transaction
from crawler.storage.file.faults import is_fault
from crawler.storage.mail.alerts import get_alert, list_deliveries
from crawler.storage.mail.deliveries import retry_dead
from crawler.storage.mail.mutes import Mute, remove_mutes, save_mute
from crawler.storage.news.story_reading import find_story
from crawler.storage.process.requests import find_request, list_open_requests, mark_done
from crawler.storage.watch.rejections import save_rejection
from crawler.storage.watch.story_marks import MarkColumn, mark_stories
from crawler.storage.watch.watches import find_watch
from crawler.text.counts import write_count, write_number
from crawler.text.instants import write_day, write_instant

# every dead message of an alert, however many there are
_MOST_MESSAGES = 100_000
# characters: the answer is one sentence in a terminal
_LONGEST_REASON = 500
Arguments = dict[str, Any]
# carries out a request inside an open transaction; returns the answer, or raises RequestRefused
Apply = Callable[[sqlite3.Connection, Request], str]


def apply_request(
    connection: sqlite3.Connection, request: Request, config: Config, *, now: datetime
) -> str:
    """Do a request that concerns tables of the daemon, and return a sentence for the person who asked. Call inside a transaction.

    raises  RequestRefused with the reason
    """
    apply = _APPLY.get(request.kind)
    if apply is None:
        raise RequestRefused(f'this release does not know requests of the kind "{request.kind}"')
    return apply(connection, request.arguments, config, now)


def settle_request(
    connection: sqlite3.Connection, request: Request, apply: Apply, *, now: datetime
) -> bool:
    """Do a request and save its answer, both or neither; return whether it was done.

    A request that is answered already is left alone. One that cannot be done is answered with the reason. Only errors of
    storage are raised, and then nothing has happened.
    """
    try:
        with transaction(connection):
            row = find_request(connection, request.id)
            if row is None or row["done_at"] is not None:
                return row is not None and bool(row["is_done"])
            answer = apply(connection, request)
            mark_done(connection, request.id, answer, is_done=True, now=now)
    except Exception as error:
        if is_of_storage(error):
            raise
        with transaction(connection):
            mark_done(connection, request.id, explain_refusal(error), is_done=False, now=now)
        return False
    return True


def is_of_storage(error: Exception) -> bool:
    """Return whether an error means that nothing can be done now, not that one request is wrong."""
    if isinstance(error, sqlite3.Error):
        return is_fault(error)
    return isinstance(error, RetryLater | StopNow)


def explain_refusal(error: Exception) -> str:
    """Return one line on why a request was not done."""
    if isinstance(error, RequestRefused):
        return error.reason
    return f"not done, by a fault of Watchword: {type(error).__name__}: {str(error)[:200]}"


def settle_open_requests(connection: sqlite3.Connection, config: Config, *, now: datetime) -> int:
    """Do all open requests that concern tables of the daemon, in order; return how many there were.

    For the holder of the instance lock. What is done outside of the database waits for a daemon.
    """
    others = CRAWL_KINDS | OUTSIDE_KINDS
    waiting = [one for one in list_open_requests(connection) if one.kind not in others]
    for request in waiting:
        settle_request(
            connection, request, lambda db, one: apply_request(db, one, config, now=now), now=now
        )
    return len(waiting)


def _visit(connection: sqlite3.Connection, asked: Arguments, _: Config, now: datetime) -> str:
    count = mark_due_now(connection, asked["sources"], now=now)
    if not count:
        raise RequestRefused("none of these sources is known and active yet")
    return f"{write_count(count, 'source is', 'sources are')} due now."


def _backfill(connection: sqlite3.Connection, asked: Arguments, _: Config, now: datetime) -> str:
    name, since = asked["source"], to_instant(asked["since"])
    _get_source_id(connection, name)
    count = start_backfill(connection, name, since=since, now=now)
    return (
        f"{name} is due now and read back to {write_instant(since)}; "
        f"{write_count(count, 'known entry is', 'known entries are')} fetched again."
    )


def _mute(connection: sqlite3.Connection, asked: Arguments, config: Config, now: datetime) -> str:
    until, name = to_instant_or_none(asked["until"]), asked["watch"]
    story = None if asked["story"] is None else find_story(connection, asked["story"])
    if asked["story"] is not None and story is None:
        raise RequestRefused(f"there is no story {asked['story']}")
    source_id = None if asked["source"] is None else _get_source_id(connection, asked["source"])
    mute = Mute(
        watch_id=_get_watch_id(connection, name),
        recipient=asked["recipient"] and config.spelling_of(asked["recipient"]),
        story_id=story["id"] if story else None,
        source_id=source_id,
        until=until,
    )
    save_mute(connection, mute, now=now)
    parts = (
        f"story {asked['story']}" if story else "",
        f"articles of {asked['source']}" if source_id else "",
    )
    about = " in ".join(filter(None, parts)) or "anything"
    # a mute ends at a midnight of the configuration's zone: cut out of UTC text, 1 January in Berlin read as 31 December
    end = f" until {write_day(until, config.zone)}" if until else ""
    return f"{name} no longer alerts {asked['recipient'] or 'anybody'} about {about}{end}."


def _unmute(connection: sqlite3.Connection, asked: Arguments, _: Config, __: datetime) -> str:
    watch_id, mute_id = _get_watch_id(connection, asked["watch"]), asked.get("mute")
    count = remove_mutes(connection, watch_id, mute_id=mute_id)
    if mute_id is not None:
        return f"{asked['watch']}: that mute is ended." if count else "That mute has ended already."
    return f"{asked['watch']} sends alerts again." if count else f"{asked['watch']} was not muted."


def _unsubscribe(connection: sqlite3.Connection, asked: Arguments, _: Config, now: datetime) -> str:
    sent = list_sent_alerts(connection, asked["delivery"], asked["alert"])
    if not sent:
        raise RequestRefused("the alert it was for is no longer there")
    return apply_action(connection, sent, Action(asked["action"]), now=now)


def _reject(connection: sqlite3.Connection, asked: Arguments, config: Config, now: datetime) -> str:
    found = [_get_alert(connection, alert_id) for alert_id in asked["alerts"]]
    for alert in found:
        save_rejection(connection, alert.id, now=now)
    names = " and ".join(dict.fromkeys(one.watch_name for one in found))
    if len(found) == 1:
        return f'Noted: "{found[0].headline}" is not what you meant by {names}.'
    return f"Noted: these {write_count(len(found), 'alert')} are not what you meant by {names}."


def _retry(connection: sqlite3.Connection, asked: Arguments, config: Config, now: datetime) -> str:
    wanted: Iterable[int | None] = (None,) if asked["alerts"] is None else asked["alerts"]
    dead = {
        row["id"]
        for alert_id in wanted
        for row in list_deliveries(
            connection, limit=_MOST_MESSAGES, state="dead", alert_id=alert_id
        )
    }
    silent = list_silent(connection, config, dead, now=now)
    if dead and len(silent) == len(dead):
        raise RequestRefused(f"not tried again: {'; '.join(dict.fromkeys(silent.values()))}")
    count = retry_dead(connection, sorted(dead - set(silent)), now=now)
    messages = write_count(count, "message is", "messages are")
    left_out = (
        f" {write_number(len(silent))} not: {'; '.join(dict.fromkeys(silent.values()))}."
        if silent
        else ""
    )
    return (
        f"{messages} pending again; the daemon sends what is pending.{left_out[:_LONGEST_REASON]}"
    )


def _resend(connection: sqlite3.Connection, asked: Arguments, config: Config, now: datetime) -> str:
    alert_id, names = asked["alert"], asked["recipients"]
    for name in names:
        channel = channel_of(name)
        if channel is not None and config.channel_named(channel) is None:
            raise RequestRefused(f'"{name}" is neither a mail address nor the name of a channel')
    _get_alert(connection, alert_id)
    queue_again(connection, config, alert_id, map(config.spelling_of, names), now=now)
    return f"Alert {alert_id} is pending for {', '.join(names)}; the daemon sends what is pending."


def _star(connection: sqlite3.Connection, asked: Arguments, _: Config, now: datetime) -> str:
    count = _mark(connection, asked, "starred_at", now=now)
    return f"{write_count(count, 'story is', 'stories are')} {'starred' if asked['is_on'] else 'without a star'}."


def _read(connection: sqlite3.Connection, asked: Arguments, _: Config, now: datetime) -> str:
    count = _mark(connection, asked, "read_at", now=now)
    return (
        f"{write_count(count, 'story is', 'stories are')} {'read' if asked['is_on'] else 'unread'}."
    )


def _mark(
    connection: sqlite3.Connection, asked: Arguments, column: MarkColumn, *, now: datetime
) -> int:
    marked_at = now if asked["is_on"] else None
    count = mark_stories(connection, asked["reader"], asked["stories"], column, marked_at)
    if not count:
        raise RequestRefused("there is no such story")
    return count


def _rename_watch(
    connection: sqlite3.Connection, asked: Arguments, config: Config, now: datetime
) -> str:
    return keep_under_new_name(
        connection, config, "watches", old=asked["old"], new=asked["new"], now=now
    )


def _rename_source(
    connection: sqlite3.Connection, asked: Arguments, config: Config, now: datetime
) -> str:
    return keep_under_new_name(
        connection, config, "sources", old=asked["old"], new=asked["new"], now=now
    )


def _get_alert(connection: sqlite3.Connection, alert_id: int) -> Alert:
    try:
        return get_alert(connection, alert_id)
    except LookupError as error:
        raise RequestRefused(str(error)) from error


def _get_watch_id(connection: sqlite3.Connection, name: str) -> int:
    row = find_watch(connection, name)
    if row is None:
        raise RequestRefused(f"the database does not know {name} yet; the daemon puts it there")
    return int(row["id"])


def _get_source_id(connection: sqlite3.Connection, name: str) -> int:
    row = find_source_row(connection, name)
    if row is None:
        raise RequestRefused(f'there is no source "{name}"; see `watchword source list`')
    return int(row["id"])


_APPLY: dict[str, Callable[[sqlite3.Connection, Arguments, Config, datetime], str]] = {
    RequestKind.VISIT: _visit,
    RequestKind.BACKFILL: _backfill,
    RequestKind.MUTE: _mute,
    RequestKind.UNMUTE: _unmute,
    RequestKind.UNSUBSCRIBE: _unsubscribe,
    RequestKind.REJECT: _reject,
    RequestKind.RETRY: _retry,
    RequestKind.RESEND: _resend,
    RequestKind.RENAME_WATCH: _rename_watch,
    RequestKind.RENAME_SOURCE: _rename_source,
    RequestKind.STAR: _star,
    RequestKind.READ: _read,
}
