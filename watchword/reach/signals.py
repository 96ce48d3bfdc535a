"""Ending at once when a signal comes, whatever is being waited for."""

import asyncio
import signal
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from scheduler.one_crawl import CrawlStopped

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_T = TypeVar("_T")


class _NotWaitedFor(ThreadPoolExecutor):
    """Threads that the end of the event loop does not wait for: a name server that does not answer holds one for half a minute."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # the base's
        del wait, cancel_futures
        super().shutdown(wait=False, cancel_futures=True)


async def until_signal(work: Coroutine[Any, Any, _T]) -> _T:
    """Return the result of some work.

    raises  CrawlStopped as soon as a signal comes, except one that our parent told us to ignore (``nohup``)
    """
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(_NotWaitedFor())
    came: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        came.append(number)
        asked.set()

    heard = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
    for number in heard:
        loop.add_signal_handler(number, stop, number)
    tasks = (asyncio.ensure_future(work), asyncio.ensure_future(asked.wait()))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if came:
            raise CrawlStopped(came[0])
        return tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        for number in heard:
            loop.remove_signal_handler(number)
