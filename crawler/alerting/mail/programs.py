"""Programs of the machine that mail needs: run without a shell, for so long, and ended with all they started."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import Any

from crawler.errors import TransportDown

_KILL_SECONDS = 5.0


def name_program(command: Sequence[str]) -> str:
    """Return what a program is called in a sentence; its arguments may be secrets."""
    return os.path.basename(command[0])  # noqa: PTH119  # it may hold anything


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], *, setting: str, timeout_seconds: float, **streams: Any
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Give a program that runs, in a session of its own; what of it is left at the end is killed.

    setting  what asked for it, for the sentence; ``streams`` are its standard input, output and error
    raises   TransportDown where it cannot be run, or did not finish in time
    """
    name = name_program(command)
    try:
        process = await asyncio.create_subprocess_exec(*command, start_new_session=True, **streams)
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise TransportDown(f"{setting}: {name} cannot be run: {problem}") from None
    try:
        async with asyncio.timeout(timeout_seconds):
            yield process
    except TimeoutError:
        problem = f"did not finish within {timeout_seconds:g} s"
        raise TransportDown(f"{setting}: {name} {problem}") from None
    finally:
        if process.returncode is None:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a program with all it started, and wait until it is gone; not for ever, as a disk may hold it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_KILL_SECONDS):
            await process.communicate()
