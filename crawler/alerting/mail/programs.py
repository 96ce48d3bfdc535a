"""Running a program of this machine: without a shell, with a time-out, and killed with all its children."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import Any

from crawler.errors import TransportDown

# a killed program that waits for a disk ends later; messages to other recipients must not wait for it
_KILL_SECONDS = 5.0


def name_program(command: Sequence[str]) -> str:
    """Return the name of a program for a sentence, without its arguments, which may be secrets."""
    return os.path.basename(command[0])  # noqa: PTH119  # the setting may hold anything, such as a null byte


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], *, setting: str, timeout_seconds: float, **streams: Any
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program in a session of its own; at the end it is killed if it still runs.

    setting  the setting that names it, for error messages
    streams  its standard input, output and error
    raises   TransportDown if it cannot be run, or does not finish in time
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
    """Kill a program with all its children, and wait at most five seconds for its end, which a disk may delay."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_KILL_SECONDS):
            await process.communicate()
