"""``python -m crawler``: the crawl process; its messages are described in ``crawler/worker.py``."""

import json
import logging
import sys
from typing import Any
from zoneinfo import ZoneInfo

from crawler.flows.process.parse_pool.server import Spawned, spawn
from crawler.log import VISIT_FAILURES, set_up_logging
from crawler.machine.processes.lifeline import Lifeline, end_now, end_without_parent
from crawler.machine.processes.outputs import make_outputs_safe, write_in_background

# as long as the daemon waits for an orderly end (Patience in scheduler/crawling/vigil.py); then a process that hangs kills
# itself, because the daemon that would do it is gone
_ORPHAN_SECONDS = 20.0


def main() -> None:
    """Run the crawl process until its standard input ends."""
    make_outputs_safe()
    # a log that nobody reads must not stop the visits: writing to a full pipe blocks
    write_in_background()
    # the scheduler sends nothing more before our first beat, so no later line can be lost in this buffer
    first = json.loads(sys.stdin.buffer.readline())
    lifeline = Lifeline(first.get("beats_fd"))
    logging.getLogger(VISIT_FAILURES).setLevel(first.get("failure_level", logging.NOTSET))
    end_without_parent(_ORPHAN_SECONDS)
    _crawl(first, lifeline, spawn(memory_bytes=first["parse_memory"]))
    end_now()


def _crawl(first: dict[str, Any], lifeline: Lifeline, spawned: Spawned) -> None:
    """Run the engine to its end, with the configuration of the first line."""
    # not before the parse pool starts: both load for seconds, side by side if there are two processors
    from crawler.config.schema import Config  # noqa: PLC0415

    config = Config.model_validate(first["config"])
    set_up_logging(
        level=first["log_level"], zone=ZoneInfo(config.admin_reader.zone), process="crawl"
    )
    # visits are made elsewhere; one crawl makes its own, as a person waits for it and there may be no worker
    if config.cluster.is_on and not first.get("once"):
        from crawler.cluster.home import run_home  # noqa: PLC0415

        run_home(first, config, lifeline, spawned)
        return
    from scrapy.crawler import AsyncCrawlerProcess, Crawler  # noqa: PLC0415

    from crawler.flows.crawl_services import CrawlServices  # noqa: PLC0415
    from crawler.settings import worker_settings  # noqa: PLC0415
    from crawler.worker import DueSpider  # noqa: PLC0415

    only = first.get("only")
    process = AsyncCrawlerProcess(worker_settings(config))
    crawler: Crawler = process.create_crawler(DueSpider)
    process.crawl(
        crawler,
        services=CrawlServices(config, spawned=spawned),
        lifeline=lifeline,
        only=None if only is None else tuple(only),
        once=bool(first.get("once")),
        max_pages=first.get("max_pages"),
        config_number=first.get("number", 0),
    )
    process.start(install_signal_handlers=False)


if __name__ == "__main__":
    main()
