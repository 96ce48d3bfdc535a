"""Getting letters out of the door: lease, send, record. Runs in the daemon, never in the crawl process."""

import asyncio
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.errors import MailDeferred, MailRefused, WayBlocked
from crawler.flows.letters import build_letter, find_untellable
from crawler.flows.outbox import put_letter
from crawler.flows.transports import Sending, Transport, choose_transport
from crawler.log import log_event
from crawler.model.alert import DeliveryKind, channel_of
from crawler.storage.database import transaction
from crawler.storage.deliveries import (
    OwedDelivery,
    hurry_deliveries,
    lease_deliveries,
    list_due_ways,
    mark_dead,
    mark_deferred,
    mark_sent,
    merge_due_digests,
)
from crawler.storage.messages import NewDelivery, move_alerts

GIVE_UP_AFTER = timedelta(days=3)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
# attempts under way: a server or channel that hangs keeps its own places taken, and nobody else's
_MAILS_AT_ONCE = 4
_POSTS_AT_ONCE = 2
# a server's yes must not be forgotten because somebody else writes for long: the letter would go out again
_RECORD_TRIES = 5
_log = logging.getLogger("watchword.deliver")


class Postman:
    """Takes what is due and sends it, several at once, each way out by itself.

    transport  how letters leave; None: as the configuration says
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        config: Config,
        *,
        clock: Clock,
        transport: Transport | None = None,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._stated = transport
        self._under_way: dict[asyncio.Task[None], str | None] = {}
        # letters that wait because nothing got through, by their way out
        self._stranded: dict[str | None, set[int]] = {}
        self.use_config(config)

    def use_config(self, config: Config) -> None:
        """Put another configuration in force; attempts under way end under the one they began with."""
        self._config = config
        self._transport = self._stated or choose_transport(config, clock=self._clock)

    def start_due(self) -> int:
        """Begin attempts for what is due, as far as there are places; gives how many."""
        ways = list_due_ways(self._connection, now=self._clock())
        leased = self._lease(ways) if ways else []
        for owed in leased:
            task = asyncio.create_task(self._attempt(owed))
            self._under_way[task] = channel_of(owed.recipient)
            task.add_done_callback(self._under_way.pop)
        return len(leased)

    def _lease(self, ways: Iterable[str | None]) -> list[OwedDelivery]:
        # an attempt may take the whole timeout; nobody else sends what is in hand here
        lease, now = 2 * self._config.mail.timeout + timedelta(seconds=30), self._clock()
        busy, leased = Counter(self._under_way.values()), list[OwedDelivery]()
        with transaction(self._connection):
            merge_due_digests(self._connection, now=now)
            for way in ways:
                places = (_POSTS_AT_ONCE if way else _MAILS_AT_ONCE) - busy[way]
                leased += lease_deliveries(
                    self._connection, channel=way, now=now, lease=lease, limit=max(0, places)
                )
        return leased

    async def finish(self) -> None:
        """Wait until every attempt under way has ended and is recorded."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def deliver_due(self) -> int:
        """Send everything that is due now, and wait for it; gives how many attempts were made."""
        count = self.start_due()
        while self._under_way:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            count += self.start_due()
        return count

    async def _attempt(self, owed: OwedDelivery) -> None:
        """Make one attempt and record it; a letter that cannot even be written is dead, and blocks no other."""
        try:
            sending = self._write(owed)
        except (MailDeferred, sqlite3.OperationalError) as error:
            await self._defer(owed, str(error))
            return
        except Exception as error:
            _log.exception("letter could not be written delivery=%s", owed.id)
            await self._bury(owed, f"the letter could not be written: {error!r}")
            return
        if sending is not None:
            await self._send(owed, sending)

    async def _send(self, owed: OwedDelivery, sending: Sending) -> None:
        try:
            answer = await sending()
        except MailDeferred as error:
            if isinstance(error, WayBlocked):
                self._stranded.setdefault(channel_of(owed.recipient), set()).add(owed.id)
            await self._defer(owed, str(error))
        except MailRefused as error:
            await self._bury(owed, str(error))
        except Exception as error:
            # whatever broke on the way may be mended in three days; no letter is given up for it
            _log.exception("delivery broke delivery=%s", owed.id)
            await self._defer(owed, f"a fault of Watchword: {error!r}")
        else:
            await self._record(mark_sent, owed.id, answer, now=self._clock())
            self._free_stranded(owed)
            log_event(
                _log, logging.INFO, "alert delivered", delivery=owed.id, message_id=owed.message_id
            )

    def _free_stranded(self, owed: OwedDelivery) -> None:
        """One letter got through: what waited for the same way need not wait out its time."""
        stranded = self._stranded.pop(channel_of(owed.recipient), None)
        if stranded:
            with transaction(self._connection):
                hurry_deliveries(self._connection, stranded, now=self._clock())

    def _write(self, owed: OwedDelivery) -> Sending | None:
        """Write the letter; None where what could not be told was taken out of it, and it leaves at the next look."""
        try:
            return self._transport(build_letter(self._connection, owed, self._config))
        except (MailDeferred, sqlite3.OperationalError):
            raise
        except Exception:
            broken = find_untellable(self._connection, owed, self._config)
            if owed.kind is not DeliveryKind.DIGEST or not broken:
                raise
            _log.exception("alerts could not be told delivery=%s alerts=%s", owed.id, [*broken])
            self._set_apart(owed, broken)
            return None

    def _set_apart(self, owed: OwedDelivery, broken: dict[int, str]) -> None:
        """Give each alert that cannot be told a dead letter of its own, so that the others can leave."""
        now = self._clock()
        with transaction(self._connection):
            for alert_id, reason in broken.items():
                new = NewDelivery(
                    kind=DeliveryKind.ALERT, recipient=owed.recipient, due_at=owed.due_at
                )
                apart = put_letter(self._connection, self._config, new, now=now)
                move_alerts(self._connection, [alert_id], owed.id, apart)
                mark_dead(self._connection, apart, f"the alert cannot be told: {reason}", now=now)
            answer = "alerts that cannot be told were taken out"
            mark_deferred(self._connection, owed.id, answer, now=now, next_try_at=now)

    async def _defer(self, owed: OwedDelivery, answer: str) -> None:
        now = self._clock()
        if now - owed.due_at > GIVE_UP_AFTER:
            await self._bury(owed, f"given up after {GIVE_UP_AFTER.days} days: {answer}")
            return
        next_try_at = now + _wait_after(owed.attempt_count)
        await self._record(mark_deferred, owed.id, answer, now=now, next_try_at=next_try_at)
        log_event(_log, logging.WARNING, "delivery deferred", delivery=owed.id, answer=answer)

    async def _bury(self, owed: OwedDelivery, answer: str) -> None:
        await self._record(mark_dead, owed.id, answer, now=self._clock())
        log_event(_log, logging.ERROR, "delivery is dead", delivery=owed.id, answer=answer)

    async def _record(
        self, mark: Callable[..., None], delivery_id: int, answer: str, **instants: datetime
    ) -> None:
        for _ in range(_RECORD_TRIES):
            try:
                with transaction(self._connection):
                    mark(self._connection, delivery_id, answer, **instants)
            except sqlite3.OperationalError as error:
                log_event(_log, logging.WARNING, "attempt not recorded yet", reason=error)
                await asyncio.sleep(1)
            else:
                return
        log_event(_log, logging.ERROR, "attempt could not be recorded", delivery=delivery_id)


def _wait_after(attempt_count: int) -> timedelta:
    """Give a growing wait with jitter."""
    wait: timedelta = min(_FIRST_WAIT * 2 ** min(attempt_count, 10), _LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret
