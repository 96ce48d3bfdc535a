"""``python -m crawler``: the crawl process; its messages are described in ``crawler/worker.py``."""

import json
import logging
import sys
from zoneinfo import ZoneInfo

from scrapy.crawler import AsyncCrawlerProcess, Crawler

from crawler.config.schema import Config
from crawler.flows.crawl_services import CrawlServices
from crawler.log import VISIT_FAILURES, set_up_logging
from crawler.machine.processes.lifeline import Lifeline, end_without_parent
from crawler.machine.processes.outputs import make_outputs_safe, write_in_background
from crawler.settings import worker_settings
from crawler.worker import DueSpider

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
    config = Config.model_validate(first["config"])
    set_up_logging(level=first["log_level"], zone=ZoneInfo(config.admin_reader.zone))
    logging.getLogger(VISIT_FAILURES).setLevel(first.get("failure_level", logging.NOTSET))
    end_without_parent(_ORPHAN_SECONDS)
    only = first.get("only")
    process = AsyncCrawlerProcess(worker_settings(config))
    crawler: Crawler = process.create_crawler(DueSpider)
    process.crawl(
        crawler,
        services=CrawlServices(config),
        lifeline=lifeline,
        only=None if only is None else tuple(only),
        once=bool(first.get("once")),
        max_pages=first.get("max_pages"),
        config_number=first.get("number", 0),
    )
    process.start(install_signal_handlers=False)


if __name__ == "__main__":
    main()
