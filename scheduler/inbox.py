"""The daemon's side of the table ``requests``: take up what people asked for, in order, and answer each request."""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from crawler.clock import Clock, utc_now
from crawler.config.schema import Config
from crawler.errors import RequestInterrupted, RequestRefused, RetryLater
from crawler.flows.mail.requests import apply_request, explain_refusal, settle_request
from crawler.flows.mail.trial import send_test
from crawler.flows.process.edits import apply_edit
from crawler.flows.process.writer import Writer
from crawler.log import log_event
from crawler.model.request import (
    CRAWL_KINDS,
    EDIT_KINDS,
    OUTSIDE_KINDS,
    RENAMING_KINDS,
    Request,
    RequestKind,
)
from crawler.storage.file.database import transaction
from crawler.storage.process.requests import list_open_requests, mark_done, mark_taken

_log = logging.getLogger("watchword.daemon")
# if the crawl process ended this often over one request, the request may be what ends it
_MOST_FAILURES = 3


def _refuse_act(_request: Request) -> str:
    raise RequestRefused("this is done by a running daemon only")


class Inbox:
    """Takes up requests; call ``take_up`` about twice a second.

    forward     hands a request to the crawl process and returns its answer. Raises RequestRefused if it said no,
                RetryLater if there is no crawl process, anything else if the process ended before it answered
    act         does what is asked outside of the database (edits the configuration, sends a test mail), in a thread, and returns
                the answer; raises RequestRefused
    on_renamed  called when a watch or source got another row: the configuration must be applied again
    """

    def __init__(
        self,
        writer: Writer,
        forward: Callable[[Request], Awaitable[str]],
        *,
        act: Callable[[Request], str] = _refuse_act,
        clock: Clock = utc_now,
        on_renamed: Callable[[], None] = lambda: None,
    ) -> None:
        self._act = act
        # two edits of one file at a time would lose one of them
        self._editing = asyncio.Lock()
        self._on_renamed = on_renamed
        self._writer = writer
        self._forward = forward
        self._clock = clock
        self._in_progress: dict[int, tuple[str, asyncio.Task[None]]] = {}
        self._failures = Counter[int]()

    async def take_up(self, config: Config, now: datetime) -> None:
        """Do or begin every open request; one that a process had taken before it died is open too.

        Requests about the daemon's tables are done at once, in order. Requests about tables of the crawl process are
        handed on, and answered when it answers; what is done outside of the database is answered when it is done. A request that cannot be done is answered with the reason, and the
        others go on.
        """
        apply = partial(_apply, config=config, now=now)
        for request in await self._writer.run(list_open_requests):
            if request.kind not in CRAWL_KINDS | OUTSIDE_KINDS:
                is_done = await self._writer.run(settle_request, request, apply, now=now)
                _log_answer(request, is_done=is_done)
                if is_done and request.kind in RENAMING_KINDS:
                    self._on_renamed()
            elif self._can_begin(request):
                task = asyncio.create_task(self._see_through(request))
                self._in_progress[request.id] = (request.kind, task)

    async def close(self) -> None:
        """Stop waiting for answers; requests without one are handed on again after the next start."""
        tasks = [task for _, task in self._in_progress.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _can_begin(self, request: Request) -> bool:
        """Return whether a request may begin: it is not under way, and only one reprocessing runs at a time."""
        kinds = {kind for kind, _ in self._in_progress.values()}
        is_long = request.kind == RequestKind.REPROCESS
        return request.id not in self._in_progress and not (is_long and request.kind in kinds)

    async def _see_through(self, request: Request) -> None:
        """Hand a request on and record the answer; without an answer it stays open and is handed on at the next look."""
        try:
            await self._writer.run(_take, request.id, now=self._clock())
            outcome = await self._ask_crawl_process(request)
            if outcome is not None:
                answer, is_done = outcome
                now = self._clock()
                await self._writer.run(_answer, request.id, answer, is_done=is_done, now=now)
                _log_answer(request, is_done=is_done)
        finally:
            self._in_progress.pop(request.id, None)

    async def _ask_crawl_process(self, request: Request) -> tuple[str, bool] | None:
        """Return the answer and whether the request was done; None if the crawl process did not answer."""
        try:
            if request.kind in OUTSIDE_KINDS:
                return await self._act_on(request), True
            return await self._forward(request), True
        except RequestRefused as refusal:
            return refusal.reason, False
        except RequestInterrupted as error:
            return self._count_failure(request, error)
        except RetryLater:
            return None  # not counted: no crawl process had the request
        except Exception as error:
            return self._count_failure(request, error)

    async def _act_on(self, request: Request) -> str:
        if request.kind not in EDIT_KINDS:
            return await asyncio.to_thread(self._act, request)
        async with self._editing:
            return await asyncio.to_thread(self._act, request)

    def _count_failure(self, request: Request, error: Exception) -> tuple[str, bool] | None:
        """Count a failure; return None to have the request tried again, or the refusal once it is given up."""
        self._failures[request.id] += 1
        log_event(
            _log, logging.WARNING, "request not answered", id=request.id, kind=request.kind,
            reason=repr(error),
        )  # fmt: skip
        is_given_up = self._failures[request.id] >= _MOST_FAILURES
        return (explain_refusal(error), False) if is_given_up else None


def act_outside(request: Request, config: Config, path: Path) -> str:
    """Do what a request asks outside of the database, and return the answer; blocks, so call it in a thread.

    path    of the configuration
    raises  RequestRefused with the reason
    """
    if request.kind == RequestKind.TEST_MAIL:
        return send_test(config, request.arguments["recipient"])
    return apply_edit(request, path)


def _apply(
    connection: sqlite3.Connection, request: Request, *, config: Config, now: datetime
) -> str:
    return apply_request(connection, request, config, now=now)


def _take(connection: sqlite3.Connection, request_id: int, *, now: datetime) -> None:
    with transaction(connection):
        mark_taken(connection, request_id, now=now)


def _answer(
    connection: sqlite3.Connection, request_id: int, answer: str, *, is_done: bool, now: datetime
) -> None:
    with transaction(connection):
        mark_done(connection, request_id, answer, is_done=is_done, now=now)


def _log_answer(request: Request, *, is_done: bool) -> None:
    event = "request done" if is_done else "request refused"
    log_event(_log, logging.INFO, event, id=request.id, kind=request.kind)
