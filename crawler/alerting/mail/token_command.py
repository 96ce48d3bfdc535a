"""Access tokens printed by a program: OAuth tools print the present one, or a new one if that has expired."""

import asyncio
from collections.abc import Sequence

from crawler.alerting.mail.programs import name_program, running
from crawler.errors import TransportDown
from crawler.logs.masking.own_secrets import keep_secret

# Microsoft's tokens have three to five kilobytes
_LONGEST_TOKEN = 16_384
_SETTING = "[mail] token_command"


async def fetch_token(command: Sequence[str], *, timeout_seconds: float) -> str:
    """Run a program and return the token, the first line it prints.

    raises  TransportDown, whose text contains nothing of what was printed, since that may be the token

    The program runs without a shell and without input, and is killed with all its children after the time-out.
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
    """Return the beginning of what a program prints; all of it is read, so that the program does not block."""
    assert process.stdout is not None  # noqa: S101  # asked for as a pipe
    kept = b""
    while part := await process.stdout.read(65_536):
        kept = (kept + part)[: _LONGEST_TOKEN + 2]
    return kept


def read_token(printed: bytes | str, *, where: str) -> str:
    """Return the token in a text, its first line; raises TransportDown if it cannot be one."""
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
        raise TransportDown(f"{where} is not an access token: that is one line without blanks")
    return keep_secret(token)
