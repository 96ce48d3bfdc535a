"""Bundles at workers that the home knows nothing of: it has another database file by now, or the carrier was emptied or put back."""

import asyncio
import logging
from collections.abc import Mapping

from crawler.flows.cluster.carrier import HomeCarrier, Job, JobState
from crawler.log import log_event

# a worker learns with its next beat that a bundle was taken back, and without one stops itself after twenty seconds
REST_SECONDS = 30.0
_log = logging.getLogger("watchword.cluster")


class Strangers:
    """Takes them back, and says whether workers may still ask sites for them: until then nothing is handed out.

    rest_seconds  after which every worker has learned that its bundle was taken back
    """

    def __init__(self, carrier: HomeCarrier, *, rest_seconds: float) -> None:
        self._carrier = carrier
        self._rest_seconds, self._rests_until = rest_seconds, float("-inf")
        # at workers when it was first looked since a start or a loss; None until then
        self._found: frozenset[int] | None = None

    def may_be_at_work(self) -> bool:
        """Return whether a worker may ask sites for a bundle that nobody waits for."""
        return self._found != frozenset() or asyncio.get_running_loop().time() < self._rests_until

    async def take_back(self, jobs: Mapping[int, Job]) -> None:
        """Take back bundles that are not handed out as far as the home knows; call it with each look at the carrier.

        What runs usually ends by itself: its worker has given its last notes, and is about to say that it is done. Only if it was there
        at a start, or after a loss, and does not end, was it handed out in another life of the file or of the carrier.
        """
        if self._carrier.has_lost():
            # what it lost, workers do until their next beat
            self._begin_rest("carrier was emptied or put back")
            self._found = None
        running = frozenset(one for one, job in jobs.items() if job.state is JobState.RUNNING)
        await self._carrier.take_back([one for one in jobs if one not in running])
        if self._found is None:
            self._found = running
            return
        if lasting := self._found & running:
            await self._carrier.take_back([*lasting])
            self._begin_rest("bundles of another database file taken back")
        self._found = frozenset()

    def _begin_rest(self, event: str) -> None:
        self._rests_until = asyncio.get_running_loop().time() + self._rest_seconds
        log_event(_log, logging.WARNING, event, next="nothing is handed out until workers know")
