"""Bundles at workers that the home knows nothing of: it has another database file by now, or the carrier was emptied or put back."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.flows.cluster.carrier import HomeCarrier, Job, JobState
from crawler.log import log_event

# a worker learns with its next beat that a bundle was taken back, and without one stops itself after twenty seconds
REST_SECONDS = 30.0
_LOST = "PostgreSQL was emptied or put back from a dump, and workers are still to learn that what they have was lost"
_STRANGE = "workers had bundles of another database file, and are still to learn that these were taken back"
_log = logging.getLogger("watchword.cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Why nothing is handed out, and for how many seconds more; None if that depends on what the home sees next."""

    reason: str
    seconds: float | None = None


class Strangers:
    """Takes them back, and says whether workers may still ask sites for them: until then nothing is handed out.

    rest_seconds  after which every worker has learned that its bundle was taken back
    """

    def __init__(self, carrier: HomeCarrier, *, rest_seconds: float) -> None:
        self._carrier = carrier
        self._rest_seconds, self._rests_until = rest_seconds, float("-inf")
        self._reason = ""
        # at workers when it was first looked since a start or a loss; None until then
        self._found: frozenset[int] | None = None

    def find_rest(self) -> Rest | None:
        """Return why nothing may be handed out: a worker may ask sites for a bundle that nobody waits for. None if none may."""
        left = self._rests_until - asyncio.get_running_loop().time()
        if left > 0:
            return Rest(reason=self._reason, seconds=left)
        if self._found is None:
            return Rest(reason="the home has just started, and sees which bundles workers have")
        if self._found:
            return Rest(
                reason="workers have bundles that this home knows nothing of; it sees whether they end"
            )
        return None

    async def take_back(self, jobs: Mapping[int, Job]) -> None:
        """Take back bundles that are not handed out as far as the home knows; call it with each look at the carrier.

        What runs usually ends by itself: its worker has given its last notes, and is about to say that it is done. Only if it was there
        at a start, or after a loss, and does not end, was it handed out in another life of the file or of the carrier.
        """
        if self._carrier.has_lost():
            # what it lost, workers do until their next beat
            self._begin_rest("carrier was emptied or put back", _LOST)
            self._found = None
        running = frozenset(one for one, job in jobs.items() if job.state is JobState.RUNNING)
        await self._carrier.take_back([one for one in jobs if one not in running])
        if self._found is None:
            self._found = running
            return
        if lasting := self._found & running:
            await self._carrier.take_back([*lasting])
            self._begin_rest("bundles of another database file taken back", _STRANGE)
        self._found = frozenset()

    def _begin_rest(self, event: str, reason: str) -> None:
        self._reason = reason
        self._rests_until = asyncio.get_running_loop().time() + self._rest_seconds
        log_event(_log, logging.WARNING, event, next="nothing is handed out until workers know")
