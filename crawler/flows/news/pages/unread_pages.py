"""Records of pages that could not be fetched or hold no article: tried again, given up, or gone."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.flows.crawl.visit import check_counts
from crawler.flows.mail.queueing.queue_alerts import queue_gone
from crawler.flows.news.announced_again import match_unread_known
from crawler.flows.news.ingest import Kept
from crawler.flows.news.judging.kept_pages import keep_body
from crawler.flows.news.pages.feed_words import PATIENCE, is_waited_for, keep_words, may_alert
from crawler.flows.news.revisits import put_off_revisit
from crawler.flows.process.notebook import Refusal, Unread
from crawler.flows.process.rules import Rules
from crawler.model.visit import PageFailure, PageOutcome, Visit, WaitingEntry
from crawler.storage.crawl.endpoints import forget_answer
from crawler.storage.crawl.entries.entries import EntryState, mark_entry, note_look
from crawler.storage.crawl.entries.pages import save_page
from crawler.storage.crawl.entries.trials import (
    Trial,
    find_missing_since,
    get_trial,
    note_interrupted,
    note_missing,
    note_unread,
    postpone_entry,
    save_words_article,
)
from crawler.storage.crawl.visits import count_page
from crawler.storage.file.database import transaction
from crawler.storage.news.articles import mark_article_gone

# a fetch that failed; `[fetch] max_attempts` says how many tries there are
_ENTRY_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# a page that is not there yet, or shows no text so far: feeds run ahead of their pages by minutes, and breaking news starts
# as a line. An early 404 once was final, and the article was never asked for again
_LATE_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
# as long as an entry is news; an old one is tried once more, after two hours, as any fault may pass (decision 024)
_YOUNG = timedelta(days=1)
_SECOND_TRY = timedelta(hours=2)
# a page whose reading was cut off: memory and processors may be free again soon (decision 019)
_INTERRUPTED_WAITS = (timedelta(minutes=5), timedelta(minutes=30))
# a site that is rebuilt, or a cache that lost the page, answers 404 for minutes: one 404 sent "gone" mails. A 410 is final
_SECOND_LOOK = timedelta(hours=6)
# RFC 9110, 15.5.11: likely permanent; a 404 says nothing about how long (15.5.5)
_GONE = 410


class Missing(StrEnum):
    """The decision on a known page that is missing: look again later, or alert that it is gone."""

    LOOK_AGAIN = "look again"
    GONE = "gone"


def judge_missing(*, http_status: int, missing_since: datetime | None, now: datetime) -> Missing:
    """Return the decision on a known page that now answers 404 or 410.

    missing_since  when a look first found it missing, None if this is the first
    """
    if http_status == _GONE:
        return Missing.GONE
    is_confirmed = missing_since is not None and now - missing_since >= _SECOND_LOOK
    return Missing.GONE if is_confirmed else Missing.LOOK_AGAIN


def refuse_page(
    connection: sqlite3.Connection, unread: Unread, refusal: Refusal, *, rules: Rules, now: datetime
) -> PageOutcome:
    """Record that a page holds no article, with a reason for people; its feed's words may alert instead.

    The page itself is kept too, to be understood again by a later release. A known article stays as it is. While an entry
    is news, a page that may hold its text later is asked for again.
    """
    page = unread.page
    packed = keep_body(connection, page, rules.config)
    with transaction(connection):
        check_counts(connection, page.visit_id)
        trial = get_trial(connection, page.entry_id)
        if trial.has_page:
            count_page(connection, page.visit_id, PageOutcome.REFUSED)
            # without its ETag the next visit reads a watched page again: nothing of this answer was understood
            if page.settings.is_watched:
                forget_answer(connection, page.entry_id)
                mark_entry(connection, page.entry_id, EntryState.FETCHED, reason=refusal.reason)
            else:
                put_off_revisit(connection, page.entry_id, refusal.reason, rules=rules, now=now)
            return PageOutcome.REFUSED
        note_unread(connection, page.entry_id, now=now)
        kept = alert_by_words(
            connection, unread, trial, is_settled=not refusal.is_wall, rules=rules, now=now
        )
        if packed and kept is None:
            save_page(connection, page, article_id=None, packed=packed)
        again_at = _find_next_try(trial, now=now) if refusal.may_come else None
        if page.settings.is_watched:
            # a watched page is read at every visit; a 304 must not hide that it was never understood
            forget_answer(connection, page.entry_id)
            again_at = None
        state, reason = EntryState.REFUSED, refusal.reason
        ending = _Ending(state=state, reason=reason, again_at=again_at, kept=kept)
        _settle(connection, page.entry_id, ending, now=now)
        outcome = PageOutcome.REFUSED if kept is None else kept.outcome
        count_page(connection, page.visit_id, outcome)
    return outcome


def find_page_due(entry: WaitingEntry) -> datetime | None:
    """Return when the page of an article in feed words may be asked for again; None for other entries.

    New words until then are stored without asking: a feed that is rewritten every few minutes has its page asked for no
    more often than one that does not change.
    """
    if not entry.is_from_feed or entry.looked_at is None:
        return None
    return entry.looked_at + _LATE_WAITS[min(entry.attempt_count, len(_LATE_WAITS)) - 1]


def alert_by_words(
    connection: sqlite3.Connection,
    unread: Unread,
    trial: Trial,
    *,
    is_settled: bool,
    rules: Rules,
    now: datetime,
) -> Kept | None:
    """Queue alerts for an entry whose page was not read; return its article in feed words, None if none was stored.

    If another source's page of the article is known, watches limited to this source alert for that.
    """
    if is_waited_for(trial, is_settled=is_settled, now=now):
        return None
    source = rules.as_named_now(connection, unread.source)
    match_unread_known(connection, unread.page, source=source.name, rules=rules, now=now)
    if not may_alert(trial):
        return None
    return keep_words(connection, unread, rules=rules, now=now)


def _find_next_try(trial: Trial, *, now: datetime) -> datetime | None:
    """Return when a page that does not show its article yet is asked for again; None for an old entry after two tries."""
    if now - trial.published_at > _YOUNG:
        return None if trial.attempt_count else now + _SECOND_TRY
    return now + _LATE_WAITS[min(trial.attempt_count, len(_LATE_WAITS) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """How a try ended that brought no page.

    again_at  when the next try is made, None if this was the last
    kept      the article in feed words, None if none was stored
    """

    state: EntryState
    reason: str
    again_at: datetime | None
    kept: Kept | None
    held_until: datetime | None = None


def _settle(
    connection: sqlite3.Connection, entry_id: int, ending: _Ending, *, now: datetime
) -> None:
    """Record that a page was not read: its entry waits for the next try, or gets its final state."""
    kept, reason, again_at = ending.kept, ending.reason, ending.again_at
    article_id = kept.article_id if kept else None
    if again_at is not None:
        held_until = ending.held_until
        postpone_entry(
            connection,
            entry_id,
            reason,
            next_try_at=max(again_at, held_until or again_at),
            held_until=held_until,
            looked_at=now,
        )
        if article_id is not None:
            save_words_article(connection, entry_id, article_id)
        return
    mark_entry(connection, entry_id, ending.state, reason=reason, article_id=article_id)
    is_vain = kept is None or kept.outcome is PageOutcome.SEEN
    note_look(connection, entry_id, is_vain=is_vain, is_page=False, now=now)


def fail_page(
    connection: sqlite3.Connection,
    visit: Visit,
    unread: Unread,
    failure: PageFailure,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    """Record that a page could not be fetched: it waits for another try, or has failed.

    Its feed's words alert if the page does not come within five minutes. A known article is left as it is until the next
    look.
    """
    entry_id = unread.page.entry_id
    with transaction(connection):
        check_counts(connection, visit.id)
        count_page(connection, visit.id, PageOutcome.FAILED)
        trial = get_trial(connection, entry_id)
        if trial.is_revisit:
            _fail_revisit(connection, entry_id, failure, rules=rules, now=now)
            return
        note_unread(connection, entry_id, now=now)
        again_at = _find_retry(failure, trial, rules=rules, now=now)
        is_far = failure.held_until is not None and failure.held_until - now > PATIENCE
        is_settled = again_at is None or is_far
        kept = alert_by_words(
            connection, unread, trial, is_settled=is_settled, rules=rules, now=now
        )
        if failure.is_interrupted:
            note_interrupted(connection, entry_id)
        state, reason = EntryState.FAILED, failure.reason
        ending = _Ending(
            state=state,
            reason=reason,
            again_at=again_at,
            kept=kept,
            held_until=failure.held_until,
        )
        _settle(connection, entry_id, ending, now=now)


def _find_retry(
    failure: PageFailure, trial: Trial, *, rules: Rules, now: datetime
) -> datetime | None:
    """Return when a page that could not be fetched is tried again, None if this was the last try."""
    if failure.is_interrupted:
        # not bounded by max_attempts: ingest_page refuses it at the third
        return now + _INTERRUPTED_WAITS[min(trial.interrupted_count, len(_INTERRUPTED_WAITS) - 1)]
    if failure.is_final:
        return None
    if failure.gone_status is not None:
        # feeds run ahead of their pages by minutes, and of a cache by hours
        return _find_next_try(trial, now=now)
    if trial.attempt_count + 1 >= rules.config.fetch.max_attempts:
        return None
    return now + _ENTRY_WAITS[min(trial.attempt_count, len(_ENTRY_WAITS) - 1)]


def _fail_revisit(
    connection: sqlite3.Connection,
    entry_id: int,
    failure: PageFailure,
    *,
    rules: Rules,
    now: datetime,
) -> None:
    put_off_revisit(connection, entry_id, failure.reason, rules=rules, now=now)
    if failure.gone_status is None:
        return
    since = find_missing_since(connection, entry_id)
    found = judge_missing(http_status=failure.gone_status, missing_since=since, now=now)
    if found is Missing.LOOK_AGAIN:
        # the next step of ``revisits`` may be days away, and after the last one there is none
        at = now + _SECOND_LOOK if since is None else since + _SECOND_LOOK
        note_missing(connection, entry_id, since=since or now, look_at=at)
        return
    gone = mark_article_gone(connection, entry_id, http_status=failure.gone_status, now=now)
    if gone is not None:
        queue_gone(connection, gone, rules=rules, now=now)
