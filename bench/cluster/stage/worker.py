"""``watchword worker`` that says where it stands when it gets SIGUSR1: each thread and each task, on standard error."""

import asyncio
import faulthandler
import signal
import sys
from types import FrameType

from watchword.start import main


def show_tasks(_number: int, _frame: FrameType | None) -> None:
    """Write where each thread and each task stands."""
    faulthandler.dump_traceback(sys.stderr)
    for task in asyncio.all_tasks(asyncio.get_running_loop()):
        task.print_stack(file=sys.stderr)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, show_tasks)
    main()
