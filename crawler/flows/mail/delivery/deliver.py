"""The delivery worker: claims due deliveries, sends them and records the results. Runs in the daemon only."""

import asyncio
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from functools import partial

from crawler.backoff import AROUND, Backoff
from crawler.clock import Clock
from crawler.config.schema import Config
from crawler.errors import MailDeferred, MailRefused, RetryLater, StopNow, TransportDown
from crawler.flows.mail.audience import Audience, load_audience
from crawler.flows.mail.delivery.attempt_log import log_attempt, log_lost
from crawler.flows.mail.delivery.attempts import AttemptResult, Outcome, lease_due, record_result
from crawler.flows.mail.delivery.messages import build_message, find_unwritable
from crawler.flows.mail.delivery.status_reports import keep_report
from crawler.flows.mail.delivery.transports import Sending, Transport, choose_transport
from crawler.flows.mail.outbox import Outbox
from crawler.flows.mail.queueing.leaving_out import leave_out_removed, restore_returned
from crawler.flows.process.writer import Writer
from crawler.log import log_event, say_ended
from crawler.logs.context import bound
from crawler.logs.masks import mask_secrets
from crawler.model.mail.alert import DeliveryKind, channel_of
from crawler.storage.mail.deliveries import PendingDelivery

# the writer waits for storage itself; a result that still cannot be recorded is tried again for about an hour, and then kept
# in memory, so that nothing a server took is sent to it again
_RECORD_TRIES = 70
_RECORD_BACKOFF = Backoff(timedelta(seconds=1), timedelta(minutes=1), AROUND)
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
# these are about the machine, not about the message that could not be written
_NOT_THE_MESSAGE = (RetryLater, StopNow, sqlite3.Error, OSError, MemoryError)
_log = logging.getLogger("watchword.deliver")


class AlertsUnwritable(Exception):
    """Raised when some alerts of a digest cannot be written; ``broken`` has the reason for each."""

    def __init__(self, broken: Mapping[int, str]) -> None:
        super().__init__("alerts that cannot be written were taken out")
        self.broken = broken


class DeliveryWorker:
    """Sends due deliveries, several at once; a transport that hangs does not hold up the others.

    writer     does all work on the database; while it has a ``fault`` no attempt begins
    transport  how messages leave; None: by the configuration
    """

    def __init__(
        self, writer: Writer, config: Config, *, clock: Clock, transport: Transport | None = None
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._stated = transport
        # claimed deliveries, by id: being tried, or answered and not recorded yet
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._trying: dict[int, str | None] = {}
        # results that storage did not take yet; these deliveries are never sent again by this process
        self._unrecorded: dict[int, AttemptResult] = {}
        # deliveries that wait because their transport is down, by transport
        self._waiting: dict[str | None, set[int]] = {}
        self._leasing = asyncio.Lock()
        # looks of their own, which follow each other while there is something to send
        self._looking: asyncio.Task[None] | None = None
        self._is_woken = self._is_eager = self._is_finishing = False
        self._is_in_trouble = False
        self.use_config(config)

    def use_config(self, config: Config) -> None:
        """Put another configuration in force; attempts under way end under the one they began with."""
        self._config = config
        self._outbox = Outbox(config)
        # None until the database has this configuration, and all pending deliveries were checked by it
        self._audience: Audience | None = None
        self._transport = self._stated or choose_transport(config, clock=self._clock)

    def wake(self) -> None:
        """Look for due deliveries now, or once more right after the look under way, and again whenever a place is free.

        Four messages at each of the daemon's looks, half a second apart, were eight a second: with 2 articles and 17 messages
        a second the first waited a minute.
        """
        self._is_woken = self._is_eager = True
        if self._looking is None and not self._is_finishing:
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        try:
            while self._is_woken and not self._is_finishing:
                self._is_woken = False
                await self.start_due()
        finally:
            self._looking = None

    async def start_due(self) -> int:
        """Begin attempts for due deliveries, as far as there are places; return how many.

        None begins while storage does not answer: a message would leave, and this could not be recorded.
        """
        if self._writer.fault is not None:
            return 0
        async with self._leasing:  # two callers must not fill the same places
            leased = await self._lease()
            for delivery in leased:
                self._start(delivery)
        return len(leased)

    async def _lease(self) -> tuple[PendingDelivery, ...]:
        busy = Counter(self._trying.values())
        claimed = {*self._tasks, *self._unrecorded}
        try:
            while await self._writer.run(self._outbox.take_up):  # what the crawl process queued
                pass
            audience = self._audience or await self._meet_audience(claimed)
            leased = await self._writer.run(
                lease_due, self._clock, audience, busy=busy, claimed=claimed
            )
        except Exception:
            # called twice a second
            self._is_in_trouble = True
            log_event(_log, logging.ERROR, "deliveries could not be claimed", exc_info=True)
            return ()
        if self._is_in_trouble:
            self._is_in_trouble = False
            say_ended("deliveries could not be claimed")
        return leased

    async def _meet_audience(self, claimed: Collection[int]) -> Audience:
        """Return the audience, after pending alerts for readers who left the configuration were left out."""
        audience = await self._writer.run(load_audience, self._config)
        now, after_id = self._clock(), 0
        await self._writer.run(restore_returned, audience, now=now)
        while after_id >= 0:
            after_id = await self._writer.run(
                leave_out_removed, audience, after_id=after_id, except_ids=claimed, now=now
            )
        # if another configuration came into force meanwhile, the next look reads its audience
        if audience.config is self._config:
            self._audience = audience
        return audience

    def _start(self, delivery: PendingDelivery) -> None:
        self._trying[delivery.id] = channel_of(delivery.recipient)
        with bound(delivery=delivery.id, recipient=delivery.recipient):
            task = asyncio.create_task(self._attempt(delivery))
        self._tasks[delivery.id] = task
        task.add_done_callback(partial(self._end, delivery.id))

    def _end(self, delivery_id: int, task: asyncio.Task[None]) -> None:
        del self._tasks[delivery_id]
        self._trying.pop(delivery_id, None)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            log_event(_log, logging.ERROR, "attempt broke", exc_info=error, delivery=delivery_id)

    async def finish(self) -> None:
        """Begin no more; wait until every attempt under way has ended and is recorded."""
        self._is_finishing = True
        if self._looking is not None:
            await asyncio.wait({self._looking})
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def deliver_due(self) -> int:
        """Send everything that is due now, and wait for it; return how many attempts were made."""
        count = await self.start_due()
        while self._tasks:
            await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
            count += await self.start_due()
        return count

    async def _attempt(self, delivery: PendingDelivery) -> None:
        """Make one attempt and record it; its errors concern no other delivery."""
        config = self._config
        result = await self._try(delivery, self._transport, config)
        # its place is free for the next one; the delivery stays claimed until the answer is recorded
        self._trying.pop(delivery.id, None)
        if self._is_eager:
            self.wake()
        try:
            await self._record(delivery, result, config)
        except asyncio.CancelledError:
            log_lost(delivery, result)
            raise

    async def _try(
        self, delivery: PendingDelivery, transport: Transport, config: Config
    ) -> AttemptResult:
        end = partial(_end_attempt, self._clock)
        try:
            sending = await self._write(delivery, transport, config)
            return end(Outcome.SENT, await sending())
        except AlertsUnwritable as error:
            return end(Outcome.DEFERRED, str(error), unwritable=error.broken)
        except MailRefused as error:
            return end(Outcome.REFUSED, error.reason)
        except MailDeferred as error:
            is_transport_down = isinstance(error, TransportDown)
            return end(
                Outcome.DEFERRED, str(error), is_transport_down=is_transport_down, wait=error.wait
            )
        except Exception as error:
            # an unknown fault may be mended within three days, so it gives up no message
            log_event(_log, logging.ERROR, "delivery broke", exc_info=True, delivery=delivery.id)
            return end(Outcome.DEFERRED, f"a fault of Watchword: {error!r}")

    async def _write(
        self, delivery: PendingDelivery, transport: Transport, config: Config
    ) -> Sending:
        """Write the message and return the attempt that sends it; one that cannot be written counts as refused."""
        try:
            message = await self._writer.run(build_message, delivery, config, now=self._clock())
            await self._writer.run(keep_report, message)
            return transport(message)
        except _NOT_THE_MESSAGE:
            raise
        except Exception as error:
            broken: Mapping[int, str] = {}
            if delivery.kind is DeliveryKind.DIGEST:
                broken = await self._writer.run(find_unwritable, delivery, config)
            log_event(
                _log,
                logging.ERROR,
                "message could not be written",
                exc_info=True,
                delivery=delivery.id,
                alerts=[*broken],
            )
            if broken:
                raise AlertsUnwritable(broken) from error
            raise MailRefused(f"the message could not be written: {error!r}") from error

    def _hold_or_free(self, delivery: PendingDelivery, result: AttemptResult) -> frozenset[int]:
        """Return the deliveries that need not wait any longer because this one got through by the same transport."""
        transport_key = channel_of(delivery.recipient)
        if result.is_transport_down:
            self._waiting.setdefault(transport_key, set()).add(delivery.id)
        is_open = result.outcome is Outcome.SENT
        return frozenset(self._waiting.pop(transport_key, ())) if is_open else frozenset()

    async def _record(
        self, delivery: PendingDelivery, result: AttemptResult, config: Config
    ) -> None:
        """Record a result, however long that takes: a message whose result is lost would be sent again."""
        freed = self._hold_or_free(delivery, result)
        self._unrecorded[delivery.id] = result
        for number, wait in enumerate(_record_waits()):
            try:
                recorded = await self._writer.run(
                    record_result, delivery, result, config, freed=freed
                )
            except Exception:
                if number == 0:
                    log_event(
                        _log,
                        logging.ERROR,
                        "attempt not recorded yet",
                        exc_info=True,
                        delivery=delivery.id,
                    )
                await asyncio.sleep(wait)
            else:
                del self._unrecorded[delivery.id]
                log_attempt(delivery, recorded)
                return
        log_lost(delivery, result)


def _end_attempt(
    clock: Clock,
    outcome: Outcome,
    answer: str,
    *,
    is_transport_down: bool = False,
    wait: timedelta | None = None,
    unwritable: Mapping[int, str] | None = None,
) -> AttemptResult:
    return AttemptResult(
        outcome=outcome,
        # a server may repeat our login to us
        answer=mask_secrets(answer),
        ended_at=clock(),
        is_transport_down=is_transport_down,
        wait=wait,
        unwritable=unwritable or {},
    )


def _record_waits() -> Iterator[float]:
    """Yield the seconds between tries to record: doubled up to a minute, with jitter."""
    for number in range(_RECORD_TRIES):
        yield _RECORD_BACKOFF.draw_after(number + 1, _RNG).total_seconds()
