"""After any history, every sentence of a status report is true, compared with a plain recount of the rows."""

import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.alerting.messages.report_lines import list_downtime_lines
from crawler.alerting.messages.status_report import (
    ShownReport,
    show_status_report,
    write_sources,
)
from crawler.alerting.phrases import Phrases, phrases_for
from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.mail.delivery.reports import measure_all, measure_report
from crawler.flows.process.configure import apply_config
from crawler.model.mail.alert import DeliveryKind
from crawler.model.mail.status_report import StatusReport
from crawler.model.site import Throttle
from crawler.model.visit import PageOutcome, Visit, VisitOutcome
from crawler.storage.crawl.crawl_queue import claim_due_visits, finish_visit, note_read
from crawler.storage.crawl.domains import save_throttle
from crawler.storage.crawl.sources import mark_due_now
from crawler.storage.crawl.visits import count_matches, count_page
from crawler.storage.file.database import open_for_writing, to_text, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.parameters import numbered
from crawler.storage.mail.deliveries import mark_dead, mark_deferred, mark_sent
from crawler.storage.mail.messages import NewDelivery, save_delivery
from crawler.storage.mail.mutes import Mute, remove_mutes, save_mute
from crawler.storage.mail.reports.status_reports import save_recipient, save_report, save_uptime
from scheduler.due.planning import plan_finished_visits
from tests.conftest import make_config
from tests.fakes import START, FakeClock
from watchword.doctor.findings import Verdict
from watchword.doctor.health import examine

NAMES = ("alpha", "beta", "gamma")
ME, YOU = "me@example.org", "you@example.org"
HOUR = timedelta(hours=1)
PHRASES = Phrases("en_GB", "UTC")

_gap = st.sampled_from([0, 1, 7, 25, 70, 400, 3000])
_name = st.sampled_from(NAMES)
_pages = st.lists(st.sampled_from(list(PageOutcome)), max_size=4)
_ends = ["ok", "unchanged", "failed", "cut", "cut early", "open"]
STEP = st.one_of(
    st.tuples(st.just("visit"), _gap, _name, st.sampled_from(_ends), _pages),
    st.tuples(st.just("visit"), _gap, _name, st.sampled_from(["ok", "failed"]), _pages),
    st.tuples(st.just("close"), _gap),
    st.tuples(st.just("plan"), _gap),
    st.tuples(st.just("set up"), _gap, _name, st.sampled_from(["active", "paused", "removed"])),
    st.tuples(st.just("ask"), _gap, _name),
    st.tuples(st.just("throttle"), _gap, _name, st.sampled_from([5, 200])),
    st.tuples(st.just("entry"), _gap, _name, st.sampled_from(["waiting", "skipped", "refused"]), st.integers(0, 2)),
    st.tuples(st.just("message"), _gap, st.sampled_from([ME, YOU]), st.sampled_from(["sent", "tried", "new", "later", "dead", "dropped"]), st.integers(0, 3)),
    st.tuples(st.just("report"), _gap, st.sampled_from(["sent", "deferred", "dead"])),
    st.tuples(st.just("mute"), _gap, st.sampled_from([None, ME, YOU]), st.sampled_from([None, 300]), st.booleans()),
    st.tuples(st.just("unmute"), _gap),
    st.tuples(st.just("beat"), _gap),
    st.tuples(st.just("restart"), _gap),
    st.tuples(st.just("set clock"), st.sampled_from([-90, -5, 5, 90])),
)  # fmt: skip


# a source that failed three times and was read again
OUTAGE: list[tuple[Any, ...]] = []
for _end in ("failed", "failed", "failed", "ok"):
    OUTAGE += [("visit", 25, "alpha", _end, []), ("plan", 0)]


class History:
    """A database and its past; ``told`` are the pages that were counted in no report that reached its reader."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self.database, self.folder, self.clock = connection, folder, FakeClock()
        self.states = dict.fromkeys(NAMES, "active")
        self.pages: list[str] = []
        self.since: datetime | None = None
        self.uptime: int | None = None
        self.numbers = iter(range(1, 10_000))
        self.config = self._configure()
        save_recipient(connection, ME, plan="", next_report_at=self.clock(), now=self.clock())

    def _configure(self) -> Config:
        sources = [
            SourceSettings.model_validate(
                {"name": n, "url": f"http://{n}.example/rss", "kind": "feed", "every": "30m", "paused": state == "paused"}
            )
            for n, state in self.states.items()
            if state != "removed"
        ]  # fmt: skip
        watches = [
            WatchSettings(name="drones", query="drone", to=(ME, YOU)),
            WatchSettings(name="yours", query="drone", to=(YOU,)),
        ]
        config = make_config(self.folder, sources=sources, watches=watches)
        apply_config(self.database, config, now=self.clock())
        return config

    def go(self, step: tuple[Any, ...]) -> None:
        kind, minutes, *rest = step
        self.clock.advance(minutes=minutes)
        with transaction(self.database):
            getattr(self, f"_{kind.replace(' ', '_')}")(*rest)

    def _visit(self, name: str, end: str, pages: list[PageOutcome]) -> None:
        now = self.clock()
        mark_due_now(self.database, [name], now=now)
        claimed = claim_due_visits(self.database, now=now, limit=1, only=[name])
        if not claimed:
            return
        visit = claimed[0]
        self.clock.advance(seconds=30)
        if end not in {"failed", "cut early"}:
            note_read(self.database, visit.id, read_at=self.clock())
            for outcome in pages:
                count_page(self.database, visit.id, outcome)
                self.pages.append(outcome.value)
            if pages:
                count_matches(self.database, visit.id, 1)
                self.pages.append("match")
        outcomes = {
            "ok": VisitOutcome.OK,
            "unchanged": VisitOutcome.UNCHANGED,
            "failed": VisitOutcome.FAILED,
        }
        if end in outcomes:
            note = "HTTP 503" if end == "failed" else None
            finish_visit(self.database, visit, outcome=outcomes[end], note=note, now=self.clock())
        elif end.startswith("cut"):
            self._end(visit.id, visit.source_id)

    def _end(self, visit_id: int, source_id: int) -> None:
        visit = Visit(id=visit_id, source_id=source_id, source_name="")
        finish_visit(self.database, visit, outcome=VisitOutcome.INTERRUPTED, now=self.clock())

    def _close(self) -> None:
        """Start the next process after one that died; it closes what was left open."""
        for row in self.rows("SELECT id, source_id FROM visits WHERE finished_at IS NULL"):
            self._end(row["id"], row["source_id"])

    def _plan(self) -> None:
        plan_finished_visits(self.database, self.config, now=self.clock())

    def _set_up(self, name: str, state: str) -> None:
        self.states[name] = state
        self.config = self._configure()

    def _ask(self, name: str) -> None:
        mark_due_now(self.database, [name], now=self.clock())

    def _throttle(self, name: str, minutes: int) -> None:
        until = self.clock() + timedelta(minutes=minutes)
        save_throttle(
            self.database,
            Throttle(domain=f"{name}.example", until=until, reason="HTTP 429", refusal_count=1),
        )

    def _entry(self, name: str, state: str, tries: int) -> None:
        number = next(self.numbers)
        self.database.execute(
            """INSERT INTO entries (source_id, entry_key, url, announced_url, first_seen_at, state, attempt_count)
               SELECT id, ?1, ?1, ?1, ?2, ?3, ?4 FROM sources WHERE name = ?5""",
            numbered(str(number), to_text(self.clock()), state, tries, name),
        )

    def _send(self, to: str, kind: DeliveryKind, minutes: int = 0) -> int:
        due_at = self.clock() + timedelta(minutes=minutes)
        new = NewDelivery(kind=kind, recipient=to, due_at=due_at)
        return save_delivery(
            self.database, new, message_id=f"<{next(self.numbers)}@x>", now=self.clock()
        )

    def _message(self, to: str, state: str, alerts: int) -> None:
        one, now = self._send(to, DeliveryKind.ALERT, 90 if state == "later" else 0), self.clock()
        for _ in range(alerts):
            self.database.execute(
                "INSERT INTO delivery_alerts (delivery_id, alert_id) VALUES (?, ?)",
                [one, next(self.numbers)],
            )
        if state == "sent":
            mark_sent(self.database, one, "250", now=now)
        elif state == "tried":
            mark_deferred(self.database, one, "451", now=now, next_try_at=now + HOUR)
        elif state == "dead":
            mark_dead(self.database, one, "550", now=now)
        elif state == "dropped":
            self.database.execute("UPDATE deliveries SET state = 'dropped' WHERE id = ?", [one])

    def _report(self, state: str) -> None:
        one = self._send(ME, DeliveryKind.STATUS_REPORT)
        status_report = measure_report(
            self.database, self.config, ME, now=self.clock(), delivery_id=one
        )
        save_report(self.database, one, ME, status_report)
        if state == "sent":
            mark_sent(self.database, one, "250", now=self.clock())
            self.pages, self.since = [], self.clock()
        elif state == "dead":
            mark_dead(self.database, one, "550", now=self.clock())
        else:
            mark_deferred(
                self.database, one, "451", now=self.clock(), next_try_at=self.clock() + HOUR
            )

    def _mute(self, who: str | None, minutes: int | None, is_whole: bool) -> None:
        until = None if minutes is None else self.clock() + timedelta(minutes=minutes)
        story = None if is_whole else 1
        save_mute(
            self.database,
            Mute(watch_id=1, recipient=who, until=until, story_id=story),
            now=self.clock(),
        )

    def _unmute(self) -> None:
        remove_mutes(self.database, 1)

    def _beat(self) -> None:
        self.uptime = save_uptime(self.database, uptime_id=self.uptime, now=self.clock())

    def _restart(self) -> None:
        self.uptime = save_uptime(self.database, uptime_id=None, now=self.clock())

    def _set_clock(self) -> None:
        pass

    def rows(self, sql: str) -> list[sqlite3.Row]:
        return self.database.execute(sql).fetchall()


@contextmanager
def open_history() -> Iterator[History]:
    with tempfile.TemporaryDirectory() as folder:
        connection = open_for_writing(Path(folder) / "watchword.db")
        migrate(connection)
        # messages here have numbers in place of alerts
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        yield History(connection, Path(folder))
        connection.close()


def short(instant: str | datetime) -> str:
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{at:%-d %b %H:%M}"


def several(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


class Recount:
    """The same facts, found the plain way: every row is read and judged by itself."""

    def __init__(self, history: History) -> None:
        self.history, self.now = history, to_text(history.clock())
        self.rows = history.rows
        visit_rows = self.rows("SELECT * FROM visits ORDER BY id")
        first = datetime.fromisoformat(visit_rows[0]["started_at"]) if visit_rows else None
        self.is_begun = bool(first) or history.since is not None
        self.since = to_text(history.since or (max(first, START) if first else START))
        self.visit_rows: dict[int, list[sqlite3.Row]] = {}
        for visit_row in visit_rows:
            self.visit_rows.setdefault(visit_row["source_id"], []).append(visit_row)
        self.mark = self.rows("SELECT value FROM marks WHERE name = 'visits'")[0][0]

    def back(self, **parts: float) -> str:
        return to_text(self.history.clock() - timedelta(**parts))

    def downtimes(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        last = ""
        for row in self.rows("SELECT * FROM uptimes ORDER BY id"):
            if last:
                found.append((last, row["started_at"]))
            last = max(last, row["last_seen_at"])
        if last:
            found.append((last, self.now))
        cut = [(max(a, self.since), min(b, self.now)) for a, b in found]
        return [part for gap in filter(_is_long, cut) for part in self.ran_not(*gap)]

    def ran_not(self, first: str, last: str) -> list[tuple[str, str]]:
        """Return the long parts of a gap in which nothing ran: after the clock was set back, hours come a second time."""
        ran = [
            (row["started_at"], row["last_seen_at"]) for row in self.rows("SELECT * FROM uptimes")
        ]
        inside = {point for pair in ran for point in pair if first < point < last}
        points = sorted({first, last} | inside)
        parts = itertools.pairwise(points)
        quiet = [(a, b) for a, b in parts if not any(s <= a and b <= e for s, e in ran)]
        return list(filter(_is_long, quiet))

    def stand(self, source: sqlite3.Row) -> tuple[str, str | None]:  # noqa: C901, PLR0911  # one rule after the other
        """Return a source's class and when it was last read."""
        visit_rows = self.visit_rows.get(source["id"], [])
        failures, health = source["failure_count"], source["health"]
        read = source["last_success_at"]
        is_open = bool(visit_rows) and visit_rows[-1]["finished_at"] is None
        fresh = [
            visit_row
            for visit_row in visit_rows
            if visit_row["finished_at"] is None or visit_row["finish_no"] > self.mark
        ]
        for visit_row in fresh:
            read = visit_row["read_at"] or read
            if visit_row["outcome"] == "failed":
                failures += 1
            elif visit_row["outcome"] in {"ok", "unchanged"} or (
                visit_row["outcome"] is None and visit_row["read_at"]
            ):
                failures, health = 0, "ok" if health == "failing" else health
        due = source["next_due_at"]
        if read is None and failures:
            return "never read", read
        if (
            not failures
            and visit_rows
            and visit_rows[-1]["outcome"] == "interrupted"
            and due <= self.back(minutes=-30)
        ):
            return "cut off", read
        if read is None:
            return "never read" if not is_open and due <= self.back(hours=1) else "new", read
        if health == "failing" or failures >= 3:
            return "failing", read
        if failures:
            return "retrying", read
        throttle = self.rows(
            f"SELECT 1 FROM domains WHERE domain = '{source['name']}.example' AND throttled_until > '{self.now}'"
        )
        if throttle:
            return "throttled", read
        if not is_open and (due <= self.back(hours=1) or self.is_missed(source, read)):
            return "late", read
        if (
            source["wanted_at"]
            and source["wanted_at"] > read
            and due <= self.now
            and read < self.since
        ):
            return "new", read
        return health if health in {"degraded", "quiet"} else "on time", read

    def is_missed(self, source: sqlite3.Row, read: str) -> bool:
        """Return whether a visit was missed while nothing ran, although another one is planned now."""
        if not self.downtimes():
            return False
        gap, until = self.downtimes()[-1]
        patience = timedelta(seconds=1.5 * (source["every_seconds"] or 0)) + HOUR
        return read <= gap and int((datetime.fromisoformat(read) + patience).timestamp()) < int(datetime.fromisoformat(until).timestamp())  # fmt: skip

    def standings(self) -> list[tuple[str, str, str | None]]:
        sources = self.rows("SELECT * FROM sources WHERE is_active = 1 ORDER BY name")
        return [(one["name"], *self.stand(one)) for one in sources]

    def summary(self) -> str:
        found = self.standings()
        states = self.history.states.values()
        kinds = [standing for _, standing, _ in found]
        parts = [
            f"{kinds.count('on time')} of {several(len(found), 'source', 'sources')} read on time"
        ]
        if not found:
            parts = ["no source is visited"]
        idle = sum(1 for _, kind, read in found if kind == "on time" and (read or "") < self.since)
        if idle:
            parts[0] += f" ({idle} of them not due in this period)"
        words = {"failing": "failing", "never read": "never read", "cut off": "cut off", "late": "late",
                 "retrying": "tried again after a failure", "throttled": "left alone at the request of the site",
                 "degraded": "degraded", "quiet": "unusually quiet", "new": "still to be visited"}  # fmt: skip
        parts += [
            f"{kinds.count(kind)} {expected}" for kind, expected in words.items() if kind in kinds
        ]
        paused = list(states).count("paused")
        parts += [f"{paused} paused"] if paused else []
        parts += [f"{len(self.removed())} removed"] if self.removed() else []
        return ", ".join(parts)

    def removed(self) -> list[sqlite3.Row]:
        gone = [name for name, state in self.history.states.items() if state == "removed"]
        rows = self.rows("SELECT * FROM sources WHERE is_active = 0 AND inactive_since IS NOT NULL")
        return [row for row in rows if row["name"] in gone and row["inactive_since"] > self.since]

    def counts(self) -> str:
        pages = self.history.pages
        checked = sum(one in {"new", "copy", "revised", "seen"} for one in pages)
        skipped = [
            row
            for row in self.rows("SELECT * FROM entries WHERE state = 'skipped'")
            if row["first_seen_at"] >= self.since
        ]
        parts = [
            several(checked, "article checked", "articles checked"),
            several(pages.count("match"), "match", "matches"),
        ]
        for number, one, many in (
            (pages.count("refused"), "page was not an article", "pages were not articles"),
            (pages.count("failed"), "fetch of a page failed", "fetches of pages failed"),
            (len(skipped), "entry from before the visits, or without a date, was marked as seen and not read",
             "entries from before the visits, or without a date, were marked as seen and not read"),
        ):  # fmt: skip
            parts += [several(number, one, many)] if number else []
        return "; ".join([", ".join(parts), *([self.waiting()] if self.waiting() else [])])

    def waiting(self) -> str:
        rows = self.rows(
            "SELECT entries.* FROM entries JOIN sources ON sources.id = source_id WHERE state = 'waiting' AND is_active = 1"
        )
        if not rows:
            return ""
        oldest = short(min(row["first_seen_at"] for row in rows))
        expected = several(
            len(rows),
            f"page is still waiting, since {oldest}",
            f"pages are still waiting, the oldest since {oldest}",
        )
        tried = sum(row["attempt_count"] > 0 for row in rows)
        return f"{expected}, {tried} of them could not be read so far" if tried else expected

    def messages(self, who: str) -> tuple[list[sqlite3.Row], int, list[sqlite3.Row]]:
        """Return a recipient's pending messages, how many were given up, and those for later."""
        rows = self.rows(
            f"""SELECT *, (SELECT count(*) FROM delivery_alerts WHERE delivery_id = deliveries.id) AS alerts,
                    (SELECT max(attempted_at) FROM attempts WHERE delivery_id = deliveries.id AND outcome = 'refused') AS dead_at
                FROM deliveries WHERE recipient = '{who}'"""
        )
        unsent = [row for row in rows if row["state"] == "pending"]
        pending = [
            row for row in unsent
            if row["due_at"] <= self.now and (row["attempt_count"] or row["due_at"] <= self.back(minutes=10))
        ]  # fmt: skip
        dead = sum(row["state"] == "dead" and row["dead_at"] >= self.since for row in rows)
        return pending, dead, [row for row in unsent if row not in pending and row["alerts"]]

    def pending(self) -> str:
        pending, dead, later = self.messages(ME)
        others, others_dead, _ = self.messages(YOU)
        parts = []
        if pending:
            oldest = short(min(row["due_at"] for row in pending))
            expected = several(
                len(pending),
                f"message is pending since {oldest}",
                f"messages are pending, the oldest since {oldest}",
            )
            alerts = sum(row["alerts"] for row in pending)
            parts.append(
                f"{expected}, with {several(alerts, 'alert', 'alerts')}" if alerts else expected
            )
        for number, one, many in (
            (dead, "message could not be delivered", "messages could not be delivered"),
            (len(others), "message to others is pending", "messages to others are pending"),
            (
                others_dead,
                "message to others could not be delivered",
                "messages to others could not be delivered",
            ),
        ):
            parts += [several(number, one, many)] if number else []
        parts = parts or ["Nothing is pending"]
        if later:
            first = short(min(row["due_at"] for row in later))
            alerts = sum(row["alerts"] for row in later)
            parts.append(
                several(
                    alerts,
                    f"alert is scheduled for {first}",
                    f"alerts are scheduled, the first for {first}",
                )
            )
        return "; ".join(parts)

    def muted(self) -> list[str]:
        rows = [
            row for row in self.rows("SELECT * FROM mutes WHERE recipient IS NULL OR recipient = 'me@example.org'")
            if row["until"] is None or row["until"] > self.now
        ]  # fmt: skip
        whole = [row for row in rows if row["story_id"] is None]
        if whole:
            longest = max(whole, key=lambda row: row["until"] or "9")
            by = "" if longest["recipient"] is None else " for this recipient"
            end = (
                f" until {short(longest['until'])}"
                if longest["until"]
                else f"{',' if by else ''} permanently"
            )
            return [f"Watch drones is muted{by}{end}"]
        if rows:
            return [
                f"Watch drones leaves out what was muted: {several(len(rows), 'story', 'stories')}"
            ]
        return []

    def detail_starts(self) -> list[str]:
        """Return how each detail begins."""
        starts = [
            f"Nothing was read or sent from {short(a)} to {short(b)} ("
            for a, b in self.downtimes()[-10:]
        ]
        verbs = {"failing": "has been failing since", "never read": "was never", "cut off": "was cut off", "late": "is late, last read",
                 "retrying": "could not be read at", "throttled": "is left alone for now", "degraded": "has been degraded since",
                 "quiet": "has been unusually quiet since"}  # fmt: skip
        found = self.standings()
        if not found:
            starts.append("No source is visited")
        for name, kind, read in found:
            if kind == "late":
                starts.append(f"{name} is late, last read {short(read or '')}")
            elif kind in verbs:
                starts.append(f"{name} {verbs[kind]}")
        starts += [
            f"{row['name']} was removed from the configuration on {short(row['inactive_since'])}"
            for row in self.removed()
        ]
        starts += [
            f"{name} is paused in the configuration"
            for name, state in self.history.states.items()
            if state == "paused"
        ]
        return starts + self.muted()


def check(status_report: StatusReport, shown: ShownReport, recount: Recount) -> None:
    assert shown.summary == recount.summary()
    assert shown.counts == recount.counts()
    assert shown.pending == recount.pending()
    outages = [line for line in shown.details if " was not read from " in line]
    rest = sorted(line for line in shown.details if line not in outages)
    starts = sorted(recount.detail_starts())
    assert len(rest) == len(starts), (rest, starts)
    for line, start in zip(rest, starts, strict=True):
        assert line.startswith(start), (line, start)
    check_outages(outages, recount)
    check_verdict(shown, recount, has_outage=bool(outages))
    until = short(recount.now)
    if not recount.is_begun:
        assert shown.period == f"no visit so far, as of {until} UTC"
    elif recount.since < recount.back(minutes=1):
        assert shown.period.endswith(
            f"{short(recount.since)}, to {until} UTC"
            if status_report.is_first
            else f"{short(recount.since)} to {until} UTC"
        )
    else:
        assert f"{until} to" not in shown.period


def check_outages(lines: list[str], recount: Recount) -> None:
    """Check that an outage's source was read at both its ends and never between them."""
    for line in lines:
        name, _, times = line.partition(" was not read from ")
        start, end = times.partition(" (")[0].split(" to ")
        source = recount.rows(f"SELECT id FROM sources WHERE name = '{name}'")[0]["id"]
        reads = [
            short(visit_row["read_at"])
            for visit_row in recount.visit_rows[source]
            if visit_row["read_at"]
        ]
        assert start in reads
        assert end in reads


def check_verdict(shown: ShownReport, recount: Recount, *, has_outage: bool) -> None:
    """Check that a report says all is well only if it says nothing else."""
    kinds = [kind for _, kind, _ in recount.standings()]
    waits = recount.rows(
        "SELECT min(first_seen_at) FROM entries JOIN sources ON sources.id = source_id WHERE state = 'waiting' AND is_active = 1"
    )[0][0]
    bad = (
        not kinds or any(kind not in {"on time", "new"} for kind in kinds) or bool(recount.downtimes()) or has_outage
        or (waits is not None and waits < recount.back(hours=1))
        or any(pending or dead for pending, dead, _ in map(recount.messages, (ME, YOU)))
    )  # fmt: skip
    assert shown.needs_look == bad
    assert shown.is_well == (not bad and not shown.details and "new" not in kinds)
    assert shown.line.startswith(
        "All is well" if shown.is_well else "Needs a look" if bad else "Nothing needs a look"
    )
    assert recount.summary() in shown.line


def _is_long(gap: tuple[str, str]) -> bool:
    first, last = map(datetime.fromisoformat, gap)
    return last - first >= timedelta(minutes=10)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
@example([("visit", 0, "alpha", "open", [PageOutcome.NEW])])
@example([("visit", 0, "alpha", "open", [PageOutcome.NEW]), ("report", 7, "sent"), ("close", 7)])
@example([("visit", 0, "alpha", "cut", [PageOutcome.NEW]), ("plan", 0)])
@example([("entry", 0, "alpha", "waiting", 0), ("set up", 70, "alpha", "removed")])
@example(
    [("entry", 0, "alpha", "skipped", 0), ("report", 7, "sent"), ("set up", 7, "beta", "removed")]
)
@example([("set up", 0, "beta", "removed"), ("report", 7, "sent")])
@example([("message", 0, YOU, "dead", 1), ("report", 7, "sent"), ("message", 7, YOU, "dead", 1)])
@example([("message", 0, ME, "dead", 1), ("report", 7, "sent")])
@example([("visit", 0, "alpha", "ok", []), ("plan", 0), ("throttle", 1, "alpha", 200)])
@example(
    [
        ("visit", 0, "alpha", "ok", []),
        ("plan", 0),
        ("report", 1, "sent"),
        ("set up", 3000, "alpha", "paused"),
        ("set up", 0, "alpha", "active"),
    ]
)
@example([("mute", 0, ME, None, True)])
@example([("set clock", -90), ("visit", 0, "alpha", "ok", [PageOutcome.NEW])])
@example([("visit", 0, "alpha", "ok", []), ("beat", 0), ("beat", 400), ("set clock", -90), ("beat", 0), ("beat", 25)])  # fmt: skip
def test_every_sentence_is_true_whatever_happened(steps: list[tuple[Any, ...]]) -> None:
    with open_history() as history:
        for step in steps:
            history.go(step)
        now = history.clock()

        status_report = measure_report(history.database, history.config, ME, now=now)

        check(status_report, show_status_report(status_report, PHRASES), Recount(history))


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
def test_doctor_and_mail_never_contradict_each_other(steps: list[tuple[Any, ...]]) -> None:
    with open_history() as history:
        for step in steps:
            history.go(step)
        now = history.clock()

        mail = measure_report(history.database, history.config, ME, now=now)
        doctor = measure_all(
            history.database, history.config, now=now, since=mail.since or START, before=None
        )

    assert doctor.sources == mail.sources
    assert doctor.pages.waiting_count == mail.pages.waiting_count
    assert doctor.downtimes == mail.downtimes
    own, others = mail.mail.pending_count, mail.mail.others_pending_count
    assert doctor.mail.pending_count == own + others


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
@example([("restart", 0), ("restart", 70)])
@example([("visit", 0, "alpha", "ok", []), ("plan", 0), *OUTAGE])
def test_doctor_never_calls_well_what_a_report_of_the_day_does_not(
    steps: list[tuple[Any, ...]],
) -> None:
    with open_history() as history:
        for step in steps:
            history.go(step)
        now = history.clock()
        report = measure_all(history.database, history.config, now=now)
        found = {one.subject: one for one in examine(history.config, now=now)}

    judged = ("daemon", "sources", "pages", "watches", "mail")
    kept = replace(report, free_bytes=None)
    assert not kept.needs_look or any(found[name].verdict is not Verdict.OK for name in judged)
    assert report.sources.needs_look == (found["sources"].verdict is Verdict.LOOK)
    assert write_sources(report, phrases_for(history.config.admin_reader)) == found["sources"].summary  # fmt: skip
    expected = list_downtime_lines(report, phrases_for(history.config.admin_reader))
    assert {*expected} <= {*found["daemon"].details}
    assert not expected or found["daemon"].verdict is not Verdict.OK
