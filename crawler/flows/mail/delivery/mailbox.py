"""Requests to unsubscribe that come by mail: read, verified and saved as requests, each once.

Requests and position are one transaction. A process killed before it reads the mail again; one killed after it does not, and
only the flag *seen* is missing.
"""

import asyncio
import hashlib
import logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from crawler.alerting.mail.imap import Mailbox
from crawler.backoff import AROUND, Backoff
from crawler.clock import Clock
from crawler.config.files.secrets import read_mailbox_password
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty, FetchFailed
from crawler.flows.mail.actions import Action, find_sent_alerts
from crawler.flows.process.writer import Writer
from crawler.log import log_event
from crawler.logs.masks import mask_address
from crawler.model.mail.mailbox import Batch, MailboxServer, MailedRequest, Position
from crawler.model.request import RequestKind
from crawler.storage.file.database import transaction
from crawler.storage.file.signing_key import list_signing_keys
from crawler.storage.mail.mailbox import HEARTBEAT, find_position, is_taken_up, save_position
from crawler.storage.process.heartbeats import clear_heartbeat, save_heartbeat
from crawler.storage.process.requests import save_request

# after failures the wait doubles up to this: who unsubscribed still gets mail meanwhile
_LONGEST_WAIT = timedelta(hours=1)
# the longest look, from connecting to logout, in timeouts of one command
_MOST_TIMEOUTS = 4
# batches of 200 mails at one look; more wait for the next
_MOST_BATCHES = 10
_RNG = random.Random()  # noqa: S311  # jitter, not a secret
_log = logging.getLogger("watchword.mailbox")
_R = TypeVar("_R")


class MailboxReader:
    """Reads the mailbox of ``[unsubscribe]`` at its interval; after failures less often, but at least hourly."""

    def __init__(self, writer: Writer, config: Config, *, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._failure_count = 0
        self._next_look = 0.0
        self._was_set = False
        self._last_trouble = ""
        self.use_config(config)

    def use_config(self, config: Config) -> None:
        """Put another configuration in force; its mailbox is tried at once."""
        self._config = config
        self._failure_count, self._next_look = 0, 0.0

    async def look_if_due(self) -> None:
        """Read the mailbox if it is due; failures are recorded, and tried again later."""
        if not self._config.unsubscribe.host:
            if self._was_set:
                self._was_set = False
                await self._writer.run(_forget_state)
            return
        self._was_set = True
        if time.monotonic() < self._next_look:
            return
        trouble, is_more = "", False
        try:
            is_more = await self._look()
        except (FetchFailed, ConfigFaulty) as error:
            trouble = getattr(error, "reason", "") or str(error)
        self._plan(trouble, is_more=is_more)
        await self._writer.run(_save_state, trouble, now=self._clock())

    def _plan(self, trouble: str, *, is_more: bool) -> None:
        self._failure_count = self._failure_count + 1 if trouble else 0
        every = self._config.unsubscribe.every
        wait = Backoff(every, max(every, _LONGEST_WAIT), AROUND)
        seconds = wait.draw_after(self._failure_count + 1, _RNG).total_seconds()
        self._next_look = time.monotonic() + (0 if is_more else seconds)
        if trouble and trouble != self._last_trouble:
            log_event(_log, logging.WARNING, "mailbox not read", reason=trouble)
        if self._last_trouble and not trouble:
            log_event(_log, logging.INFO, "mailbox read again")
        self._last_trouble = trouble

    async def _look(self) -> bool:
        """Read new mails, 2,000 at most; return whether there are more."""
        server = find_mailbox(self._config)
        mailbox = Mailbox(server)
        name = name_mailbox(server)
        keys = await asyncio.to_thread(list_signing_keys, self._config.store.path)
        try:
            async with asyncio.timeout(_MOST_TIMEOUTS * server.timeout_seconds):
                await _in_thread(mailbox.open)
                for _ in range(_MOST_BATCHES):
                    batch = await self._read_batch(mailbox, name)
                    await self._take_up(mailbox, name, batch, keys)
                    if not batch.is_more:
                        break
                await _in_thread(mailbox.close)
                return batch.is_more
        except TimeoutError:
            raise FetchFailed("the mailbox did not answer in time", url="") from None
        finally:
            mailbox.abort()  # ends the thread that waits for the server, if there is one

    async def _read_batch(self, mailbox: Mailbox, name: str) -> Batch:
        found = await self._writer.run(find_position, name)
        position = Position(validity=found[0], uid=found[1]) if found else None
        return await _in_thread(partial(mailbox.read, position))

    async def _take_up(
        self, mailbox: Mailbox, name: str, batch: Batch, keys: tuple[bytes, ...]
    ) -> None:
        granted = await self._writer.run(
            take_up_mails, batch, mailbox=name, keys=keys, now=self._clock()
        )
        if granted:
            validity = batch.position.validity
            # the request is saved already; without its flag the mail only looks unread
            with suppress(FetchFailed):
                await _in_thread(partial(mailbox.flag_seen, list(granted), validity=validity))


def find_mailbox(config: Config) -> MailboxServer:
    """Return the mailbox of the configuration; raises ConfigFaulty if its password cannot be read."""
    stated = config.unsubscribe
    return MailboxServer(
        host=stated.host,
        port=stated.port,
        tls=stated.tls,
        username=stated.username,
        password=read_mailbox_password(stated),
        mailbox=stated.mailbox,
        timeout_seconds=config.mail.timeout.total_seconds(),
        ca_file=config.tls.ca_file,
    )


def name_mailbox(server: MailboxServer) -> str:
    """Return a name for server, user and folder that reveals none of them, as the database stores it."""
    text = "\0".join((server.host.lower(), server.username, server.mailbox))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def take_up_mails(
    connection: sqlite3.Connection,
    batch: Batch,
    *,
    mailbox: str,
    keys: tuple[bytes, ...],
    now: datetime,
) -> tuple[int, ...]:
    """Save the requests of mails, each once, and how far the mailbox was read.

    returns  the UIDs of mails whose requests are saved, now or before; a forged or stale token is logged and left alone
    """
    taken = list[int]()
    with transaction(connection):
        for request in batch.requests:
            if is_taken_up(connection, request.mail_id) or _ask(
                connection, request, keys=keys, now=now
            ):
                taken.append(request.uid)
        position = batch.position
        save_position(connection, mailbox, validity=position.validity, uid=position.uid)
    return tuple(taken)


def _ask(
    connection: sqlite3.Connection,
    request: MailedRequest,
    *,
    keys: tuple[bytes, ...],
    now: datetime,
) -> bool:
    """Save the request of one mail; return whether its token is one of ours."""
    sent = find_sent_alerts(connection, request.token, keys=keys)
    if not sent:
        log_event(_log, logging.WARNING, "unsubscription ignored", uid=request.uid, reason="its token is not one of ours, or its message is no longer stored")  # fmt: skip
        return False
    first = sent[0]
    asked = {
        "delivery": first.delivery_id,
        "alert": 0 if first.is_whole_message else first.alert_id,
        "action": Action.LEAVE.value,
        "mail": request.mail_id,
    }
    who = f"mail: {mask_address(first.recipient)}"
    save_request(connection, RequestKind.UNSUBSCRIBE, asked, asked_by=who, now=now)
    return True


def _save_state(connection: sqlite3.Connection, trouble: str, *, now: datetime) -> None:
    with transaction(connection):
        save_heartbeat(connection, HEARTBEAT, now=now, note=trouble)


def _forget_state(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        clear_heartbeat(connection, HEARTBEAT)


async def _in_thread(work: Callable[[], _R]) -> _R:
    """Run blocking work in a daemon thread and return its result: a server that hangs must not keep the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_R] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # raised where the result is awaited
            _call_loop(partial(_set_exception, future, error))
        else:
            _call_loop(partial(_set_result, future, result))

    def _call_loop(call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(call)

    threading.Thread(target=run, name="mailbox", daemon=True).start()
    return await future


def _set_result(future: "asyncio.Future[_R]", result: _R) -> None:
    if not future.done():
        future.set_result(result)


def _set_exception(future: "asyncio.Future[_R]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
