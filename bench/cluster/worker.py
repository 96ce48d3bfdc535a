"""A worker in a process of its own: python -m bench.cluster.worker CONFIG NAME PLACES; its log goes to standard error."""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from crawler.cluster.field import run_worker
from crawler.config.files.secrets import read_cluster_database
from crawler.config.load import load_config
from crawler.log import set_up_logging


def show_tasks(_number: int, _frame: FrameType | None) -> None:
    """Write where each thread and each task stands to standard error: for a worker that does not get on."""
    faulthandler.dump_traceback(sys.stderr)
    for task in asyncio.all_tasks(asyncio.get_running_loop()):
        task.print_stack(file=sys.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, show_tasks)
    set_up_logging(level=logging.INFO, zone=ZoneInfo("UTC"), process=sys.argv[2])
    config = load_config(Path(sys.argv[1]), environ=os.environ)
    run_worker(
        config,
        database=read_cluster_database(config.cluster),
        places=int(sys.argv[3]),
        name=sys.argv[2],
        allow_private=True,
    )
