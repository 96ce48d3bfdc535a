"""The crawl process of a home: it hands visits out to workers and replays what they say (``[cluster]``); no Scrapy.

Its messages are those of any crawl process (``crawler/worker.py``); its beats say more: ``cluster``, how that stands.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from crawler.clock import utc_now
from crawler.config.files.secrets import read_cluster_database
from crawler.config.schema import Config
from crawler.errors import CarrierUnavailable, StorageUnavailable
from crawler.flows.cluster.carrier import HomeCarrier
from crawler.flows.cluster.home.home import Home, HomeServices
from crawler.flows.cluster.wire import EXCHANGE
from crawler.flows.daemon_line import DaemonLine
from crawler.flows.process.parse_pool.server import Spawned
from crawler.log import log_event
from crawler.machine.processes.lifeline import Lifeline

_SWEEP_SECONDS = 60.0
_RETRY_SECONDS = 2.0
_log = logging.getLogger("watchword.cluster")


def run_home(
    order: Mapping[str, Any], config: Config, lifeline: Lifeline, spawned: Spawned
) -> None:
    """Run the home of the cluster that a configuration names, until the daemon ends it."""
    from crawler.carriers.postgres.home import PostgresHome  # noqa: PLC0415  # needs watchword[cluster]

    async def run() -> None:
        carrier = PostgresHome(partial(read_cluster_database, config.cluster))
        await HomeProcess(order, HomeServices(config, spawned=spawned), carrier, lifeline).run()

    asyncio.run(run())


class HomeProcess:
    """A home that works until its daemon ends, or until nothing is due if its order says ``once``.

    order  the first line of the daemon
    """

    def __init__(
        self,
        order: Mapping[str, Any],
        services: HomeServices,
        carrier: HomeCarrier,
        lifeline: Lifeline,
    ) -> None:
        self._services = services
        self._carrier = carrier
        self._once = bool(order.get("once"))
        self._line = DaemonLine(services, lifeline, config_number=order.get("number", 0))
        only = None if order.get("only") is None else tuple(order["only"])
        self._home = Home(
            services, carrier, only=only, max_pages=order.get("max_pages"), once=self._once
        )
        self._work: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Work to the end; returns once everything is closed."""
        await self._line.open(stop=self._stop, measure=self._measure)
        self._work = asyncio.create_task(self._run())
        try:
            await self._work
        except asyncio.CancelledError:
            if not self._line.is_told_to_stop:
                raise
        except StorageUnavailable as error:
            # we are closing, or the database file was replaced and the daemon ends this process
            log_event(_log, logging.INFO, "no more visits", reason=error.reason)
            await self._line.wait_for_stop()
        except Exception:
            event = "visiting failed; this process ends and another one is started"
            log_event(_log, logging.ERROR, event, exc_info=True)
        finally:
            self._line.close()
            await self._carrier.close()
            await asyncio.to_thread(self._services.close)

    async def _run(self) -> None:
        await self._services.open()
        self._line.be_ready()
        self._line.do_beside(self._services.prepare_matching())
        self._line.do_beside(self._services.watch_clock())
        self._line.do_beside(self._tidy())
        if not self._once:  # a crawl without the daemon does it at its end
            self._line.do_beside(self._services.archive())
        await self._open_carrier()
        await self._home.run()

    async def _open_carrier(self) -> None:
        while True:
            try:
                return await self._carrier.open(version=str(EXCHANGE), clock=utc_now)
            except CarrierUnavailable as error:
                self._home.note_trouble(str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _tidy(self) -> None:
        while True:
            await self._services.tidy()
            await asyncio.sleep(_SWEEP_SECONDS)

    def _measure(self) -> dict[str, Any]:
        return {"visits": self._home.open_count, "cluster": self._home.state}

    async def _stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
