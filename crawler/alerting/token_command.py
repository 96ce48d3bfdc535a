"""An access token from a program: OAuth tools print one, new where the last has expired."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from crawler.errors import WayBlocked

# tokens of Microsoft have three to five kilobytes
_LONGEST_TOKEN = 16_384
_KILL_SECONDS = 5.0


async def fetch_token(command: Sequence[str], *, timeout_seconds: float) -> str:
    """Run a program and return the first line it prints.

    raises  WayBlocked in words that hold nothing of what it printed: that may be the token

    It runs without a shell, reads nothing, and is killed with all it started when the time is over.
    """
    name = os.path.basename(command[0])  # noqa: PTH119  # for the sentence; arguments may be secrets
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else type(error).__name__
        raise WayBlocked(f"[mail] token_command: {name} cannot be run: {problem}") from None
    try:
        async with asyncio.timeout(timeout_seconds):
            printed = await _read_some(process)
            code = await process.wait()
    except TimeoutError:
        raise WayBlocked(
            f"[mail] token_command: {name} did not finish within {timeout_seconds:g} s"
        ) from None
    finally:
        if process.returncode is None:
            await _end(process)
    if code != 0:
        raise WayBlocked(f"[mail] token_command: {name} ended with code {code}")
    return read_token(printed, where=f"[mail] token_command: what {name} printed")


async def _read_some(process: asyncio.subprocess.Process) -> bytes:
    """Return what a program prints, as far as a token can be long; it is read to its end, so that it does not hang."""
    assert process.stdout is not None  # noqa: S101  # asked for as a pipe
    kept = b""
    while part := await process.stdout.read(65_536):
        kept = (kept + part)[: _LONGEST_TOKEN + 2]
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a program with all it started, and wait until it is gone; not for ever, as a disk may hold it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_KILL_SECONDS):
            await process.communicate()


def read_token(printed: bytes | str, *, where: str) -> str:
    """Return the token of a text, its first line; raises WayBlocked where that can be none."""
    text = printed.decode("utf-8", "replace") if isinstance(printed, bytes) else printed
    token = text.strip().partition("\n")[0].strip()
    if not token:
        raise WayBlocked(f"{where} is empty, not an access token")
    if (
        len(token) > _LONGEST_TOKEN
        or not token.isascii()
        or not token.isprintable()
        or " " in token
    ):
        raise WayBlocked(f"{where} is no access token: one line without blanks is wanted")
    return token
