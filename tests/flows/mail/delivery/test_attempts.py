"""Delivery attempts with a clock that jumps, with another process, and with a database that cannot store the answer."""

import asyncio
import io
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from crawler.config.schema import Config
from crawler.config.sections.mail import MailSettings
from crawler.flows.mail.delivery.deliver import DeliveryWorker
from crawler.flows.mail.delivery.transports import Sending
from crawler.flows.process import writer as door
from crawler.flows.process.rules import Rules
from crawler.flows.process.writer import Writer
from crawler.log import set_up_logging
from crawler.model.mail.alert import Message
from crawler.storage.file.database import open_for_writing, to_text
from crawler.storage.file.faults import FaultKind, StorageFault
from crawler.storage.mail.deliveries import count_deliveries, release_deliveries
from tests.fakes import START, FakeClock, FakeMailbox
from tests.newsroom import Newsroom, make_story


class Office:
    """A database with one alert pending, and one delivery worker with a real mail server."""

    def __init__(
        self, database: sqlite3.Connection, rules: Rules, config: Config, mailbox: FakeMailbox
    ) -> None:
        mail = MailSettings(host="127.0.0.1", port=mailbox.port, tls="none")
        self.config = config.model_copy(update={"mail": mail})
        self.database, self.mailbox = database, mailbox
        self.writer = Writer(config.store.path)
        self.newsroom = Newsroom(database, rules)
        self.newsroom.keep()
        self.clock = FakeClock()
        self.delivery_worker = self.hire()

    def hire(self, **facts: Any) -> DeliveryWorker:
        return DeliveryWorker(self.writer, self.config, clock=self.clock, **facts)

    def row(self, delivery_id: int = 1) -> sqlite3.Row:
        found: sqlite3.Row = self.database.execute(
            "SELECT * FROM deliveries WHERE id = ?", [delivery_id]
        ).fetchone()
        return found

    def lease(self, **parts: float) -> None:
        """Have some process claim the delivery until then."""
        until = to_text(self.clock() + timedelta(**parts))
        self.database.execute("UPDATE deliveries SET lease_until = ?", [until])


@pytest.fixture
def office(
    database: sqlite3.Connection, rules: Rules, config: Config, mailbox: FakeMailbox
) -> Iterator[Office]:
    opened = Office(database, rules, config, mailbox)
    yield opened
    opened.writer.close()


class Slow:
    """Makes a mail server wait with the answer to every message until the test continues it."""

    def __init__(self, mailbox: FakeMailbox) -> None:
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()
        self._take = mailbox.handle_DATA
        mailbox.handle_DATA = self.handle_DATA  # type: ignore[method-assign, assignment]

    async def handle_DATA(self, *facts: Any) -> str:
        self.has_begun.set()
        await asyncio.to_thread(self.may_go_on.wait, 60)
        return await self._take(*facts)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=-1), timedelta(days=400)])
async def test_a_delivery_under_way_is_never_started_again_whatever_the_clock_does(
    office: Office, jump: timedelta
) -> None:
    slow = Slow(office.mailbox)
    assert await office.delivery_worker.start_due() == 1
    assert await asyncio.to_thread(slow.has_begun.wait, 60)

    office.clock.now += jump
    begun = [await office.delivery_worker.start_due()]
    office.newsroom.clock.now = office.clock()
    office.newsroom.keep(make_story(1))
    begun += [await office.delivery_worker.start_due() for _ in range(3)]
    slow.may_go_on.set()
    await office.delivery_worker.finish()

    # another message was sent meanwhile, and this one once
    assert begun == [0, 1, 0, 0]
    assert len(office.mailbox.messages) == 2
    assert count_deliveries(office.database)["sent"] == office.newsroom.count("attempts") == 2


async def test_all_that_is_due_leaves_after_one_call_although_places_are_few(
    office: Office,
) -> None:
    for number in range(1, 10):
        office.newsroom.keep(make_story(number))

    office.delivery_worker.wake()
    async with asyncio.timeout(60):
        while count_deliveries(office.database)["sent"] < 10:
            await asyncio.sleep(0.02)

    assert len(office.mailbox.messages) == 10
    await office.delivery_worker.finish()


async def test_a_call_during_a_look_is_not_forgotten(office: Office) -> None:
    office.delivery_worker.wake()
    await asyncio.sleep(0)  # the look has begun
    office.newsroom.keep(make_story(1))
    office.delivery_worker.wake()
    async with asyncio.timeout(60):
        while count_deliveries(office.database)["sent"] < 2:
            await asyncio.sleep(0.02)
    await office.delivery_worker.finish()


async def test_nothing_begins_after_the_order_to_finish(office: Office) -> None:
    office.delivery_worker.wake()
    await office.delivery_worker.finish()
    sent = count_deliveries(office.database)["sent"]
    office.newsroom.keep(make_story(1))

    office.delivery_worker.wake()
    await asyncio.sleep(0.1)
    await office.delivery_worker.finish()

    assert len(office.mailbox.messages) == sent


async def test_two_processes_that_start_at_once_begin_no_delivery_twice(office: Office) -> None:
    counts = await asyncio.gather(*(office.delivery_worker.start_due() for _ in range(5)))
    await office.delivery_worker.finish()

    assert sum(counts) == 1
    assert len(office.mailbox.messages) == 1


async def test_a_delivery_claimed_by_another_process_is_left_to_it(office: Office) -> None:
    office.lease(seconds=60)

    assert await office.delivery_worker.deliver_due() == 0
    assert office.mailbox.messages == []


async def test_a_delivery_with_an_expired_lease_is_claimed_again(office: Office) -> None:
    office.lease(seconds=60)
    office.clock.advance(seconds=61)

    assert await office.delivery_worker.deliver_due() == 1
    assert office.row()["state"] == "sent"


async def test_the_claims_of_a_dead_process_are_released_at_the_start(office: Office) -> None:
    office.lease(days=365)

    assert release_deliveries(office.database) == 1
    assert await office.delivery_worker.deliver_due() == 1
    assert office.row()["state"] == "sent"


class LogListener(logging.Handler):
    """Calls a function the first time a log record contains certain words."""

    def __init__(self, words: str, act: Callable[[], object]) -> None:
        super().__init__()
        self._words, self._act, self.count = words, act, 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._words in record.getMessage():
            self.count += 1
            if self.count == 1:
                self._act()


def lock(other: sqlite3.Connection) -> None:
    other.execute("BEGIN IMMEDIATE")


def unlock(other: sqlite3.Connection) -> None:
    other.execute("ROLLBACK")


def break_table(other: sqlite3.Connection) -> None:
    other.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON attempts BEGIN SELECT raise(ABORT, 'broken'); END"
    )


def repair_table(other: sqlite3.Connection) -> None:
    other.execute("DROP TRIGGER broken")


@pytest.mark.parametrize(
    ("spoil", "mend", "logger", "printed"),
    [
        (lock, unlock, "watchword.storage", "storage unavailable"),
        (break_table, repair_table, "watchword.deliver", "attempt not recorded yet"),
    ],
)
async def test_an_acceptance_is_remembered_until_it_can_be_stored(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    logger: str,
    printed: str,
    spoil: Callable[[sqlite3.Connection], None],
    mend: Callable[[sqlite3.Connection], None],
) -> None:
    take = office.mailbox.handle_DATA
    with closing(open_for_writing(office.config.store.path)) as other:

        async def handle_DATA(*facts: Any) -> str:
            answer = await take(*facts)
            spoil(other)
            return answer

        office.mailbox.handle_DATA = handle_DATA  # type: ignore[method-assign, assignment]
        await office.writer.run(lambda connection: connection.execute("PRAGMA busy_timeout = 20"))
        monkeypatch.setattr(door, "_PATIENCE_SECONDS", 0.0)  # a lock is logged at once
        listener = LogListener(printed, lambda: mend(other))
        logging.getLogger(logger).addHandler(listener)
        await office.delivery_worker.start_due()
        # a lease of this process may expire meanwhile, and nothing is sent again
        office.clock.advance(hours=2)
        await office.delivery_worker.deliver_due()
        logging.getLogger(logger).removeHandler(listener)

    assert listener.count == 1
    assert (office.row()["state"], office.row()["answer"]) == ("sent", "taken")
    assert len(office.mailbox.messages) == 1
    assert office.newsroom.count("attempts") == 1


async def test_no_delivery_is_started_while_storage_does_not_answer(office: Office) -> None:
    office.writer.fault = StorageFault(kind=FaultKind.FULL, reason="disk full", since=START)
    assert await office.delivery_worker.start_due() == 0

    office.writer.fault = None
    assert await office.delivery_worker.deliver_due() == 1


async def test_an_unavailable_database_ends_no_worker_and_is_logged_once(
    office: Office,
) -> None:
    log = io.StringIO()
    set_up_logging(stream=log)
    office.database.execute("ALTER TABLE marks RENAME TO away")
    assert [await office.delivery_worker.start_due() for _ in range(3)] == [0, 0, 0]
    office.database.execute("ALTER TABLE away RENAME TO marks")

    assert await office.delivery_worker.deliver_due() == 1
    assert log.getvalue().count("deliveries could not be claimed\n") == 1
    assert "repeated=2" in log.getvalue()
    assert "stopped=" in log.getvalue()


async def test_an_attempt_that_breaks_is_deferred_and_breaks_no_other(office: Office) -> None:
    office.newsroom.keep(make_story(1))

    def write(message: Message) -> Sending:
        async def send() -> str:
            if message.delivery_id == 1:
                raise ZeroDivisionError("who wrote this")
            return "taken"

        return send

    await office.hire(transport=write).deliver_due()

    assert count_deliveries(office.database) == {"pending": 1, "sent": 1, "dead": 0}
    assert "a fault of Watchword: ZeroDivisionError" in office.row(1)["answer"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
async def test_an_operating_system_error_while_writing_a_message_defers_it(
    office: Office, error: Exception
) -> None:
    def write(_: Message) -> Sending:
        raise error

    await office.hire(transport=write).deliver_due()

    assert office.row()["state"] == "pending"


async def test_a_message_that_cannot_be_written_is_dead_at_once(office: Office) -> None:
    def write(_: Message) -> Sending:
        raise ValueError("no such character")

    await office.hire(transport=write).deliver_due()

    assert office.row()["state"] == "dead"
    assert "could not be written: ValueError" in office.row()["answer"]
