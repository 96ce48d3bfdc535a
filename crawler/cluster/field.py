"""``watchword worker``: a process that visits what the home of a cluster hands out. It has no database file and sends no mail."""

import asyncio
import logging
import os
import sys
from functools import partial

from crawler.config.files.secrets import read_cluster_database
from crawler.config.schema import Config
from crawler.errors import CarrierUnavailable
from crawler.flows.cluster.carrier import WorkerCarrier
from crawler.flows.cluster.field.services import FieldServices, read_rules_config
from crawler.flows.cluster.wire import EXCHANGE, WorkerRules, read_rules
from crawler.flows.process.parse_pool.server import spawn
from crawler.log import log_event
from crawler.machine.processes.outputs import write_rest

_RETRY_SECONDS = 2.0
_log = logging.getLogger("watchword.worker")


def run_worker(config: Config, *, places: int, name: str, allow_private: bool) -> None:
    """Work until SIGTERM or SIGINT.

    config  the worker's own: its proxy, browser and certificates, and the secrets of sources
    raises  StopNow with a sentence if the home speaks another version, its clock differs, or nobody is at home
    """
    # before anything heavy is loaded: both load for seconds, side by side if there are two processors
    spawned = spawn(memory_bytes=config.fetch.parse_memory)
    from crawler.carriers.postgres.worker import PostgresWorker  # noqa: PLC0415  # needs watchword[cluster]

    database = partial(read_cluster_database, config.cluster)
    key, rules = asyncio.run(_wait_for_rules(PostgresWorker(database, name=name)))
    settings = read_rules_config(config, rules)
    carrier = PostgresWorker(database, name=name)
    services = FieldServices(
        config, name=name, allow_private=allow_private, clock=carrier.clock, spawned=spawned
    )
    services.use_rules(key, rules)
    if _visit(settings, services, carrier, places=places):
        log_event(_log, logging.INFO, "limits changed at home, starting again")
        write_rest()
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  # the same command; Scrapy reads its limits once


async def _wait_for_rules(carrier: WorkerCarrier) -> tuple[str, WorkerRules]:
    """Return the newest rules, once there are some; a carrier that is away is waited for."""
    is_told = False
    while True:
        try:
            await carrier.open(version=str(EXCHANGE))
            found = await carrier.find_newest_rules()
            if found is not None:
                return found[0], read_rules(found[1])
            reason = "the home has published no rules yet"
        except CarrierUnavailable as error:
            reason = str(error)
        finally:
            await carrier.close()
        if not is_told:
            log_event(_log, logging.WARNING, "waiting for the home", reason=reason)
            is_told = True
        await asyncio.sleep(_RETRY_SECONDS)


def _visit(config: Config, services: FieldServices, carrier: WorkerCarrier, *, places: int) -> bool:
    """Run the engine to its end; return whether it ended because it must be started with other limits."""
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415  # loads for a second

    from crawler.cluster.field_spider import FieldSpider  # noqa: PLC0415
    from crawler.settings import worker_settings  # noqa: PLC0415

    process = AsyncCrawlerProcess(worker_settings(config))
    crawler = process.create_crawler(FieldSpider)
    process.crawl(crawler, services=services, carrier=carrier, places=places)
    process.start(install_signal_handlers=False)
    spider = crawler.spider
    if isinstance(spider, FieldSpider):
        if spider.fault is not None:
            raise spider.fault
        return spider.must_restart
    return False
