"""An access token from a program: OAuth tools print one, new where the last has expired."""

import asyncio
from collections.abc import Sequence

from crawler.alerting.mail.programs import name_program, running
from crawler.errors import TransportDown

# tokens of Microsoft have three to five kilobytes
_LONGEST_TOKEN = 16_384
_SETTING = "[mail] token_command"


async def fetch_token(command: Sequence[str], *, timeout_seconds: float) -> str:
    """Run a program and return the first line it prints.

    raises  TransportDown in words that hold nothing of what it printed: that may be the token

    It runs without a shell, reads nothing, and is killed with all it started when the time is over.
    """
    name = name_program(command)
    streams = {
        "stdin": asyncio.subprocess.DEVNULL,
        "stdout": asyncio.subprocess.PIPE,
        "stderr": asyncio.subprocess.DEVNULL,
    }
    async with running(
        command, setting=_SETTING, timeout_seconds=timeout_seconds, **streams
    ) as process:
        printed = await _read_some(process)
        code = await process.wait()
    if code != 0:
        raise TransportDown(f"{_SETTING}: {name} ended with code {code}")
    return read_token(printed, where=f"{_SETTING}: what {name} printed")


async def _read_some(process: asyncio.subprocess.Process) -> bytes:
    """Return what a program prints, as far as a token can be long; it is read to its end, so that it does not hang."""
    assert process.stdout is not None  # noqa: S101  # asked for as a pipe
    kept = b""
    while part := await process.stdout.read(65_536):
        kept = (kept + part)[: _LONGEST_TOKEN + 2]
    return kept


def read_token(printed: bytes | str, *, where: str) -> str:
    """Return the token of a text, its first line; raises TransportDown where that can be none."""
    text = printed.decode("utf-8", "replace") if isinstance(printed, bytes) else printed
    token = text.strip().partition("\n")[0].strip()
    if not token:
        raise TransportDown(f"{where} is empty, not an access token")
    if (
        len(token) > _LONGEST_TOKEN
        or not token.isascii()
        or not token.isprintable()
        or " " in token
    ):
        raise TransportDown(f"{where} is no access token: one line without blanks is wanted")
    return token
