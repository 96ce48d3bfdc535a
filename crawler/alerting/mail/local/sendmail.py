"""Sending a message by this machine's mail program, as cron does: ``sendmail`` of Postfix, Exim, msmtp or DMA."""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from email.message import EmailMessage
from typing import IO

from crawler.alerting.mail.headers import write_message
from crawler.alerting.mail.programs import name_program, running
from crawler.alerting.mail.smtp_answers import tidy_answer
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.text.web.mail_addresses import needs_smtputf8, to_wire

# bytes of the program's standard error that are read: its reason is one line
_MOST_BYTES_READ = 2000
_SETTING = "[mail] sendmail"
# codes of sysexits.h that mean never for this recipient or message: EX_DATAERR, EX_NOUSER, EX_NOHOST; 75 is EX_TEMPFAIL
_NEVER = {65: "it cannot read the message", 67: "no such user", 68: "no such host"}
_LATER = {75: "not now"}


async def send_by_sendmail(
    message: EmailMessage, *, recipient: str, command: Sequence[str], timeout_seconds: float
) -> str:
    """Hand a message for one recipient to a program, and return a sentence that it was accepted.

    command  program and arguments; run without a shell, with the recipient last, after ``--``
    raises   MailRefused for exit codes that mean never (sysexits.h: EX_DATAERR, EX_NOUSER, EX_NOHOST); MailDeferred for
             EX_TEMPFAIL; TransportDown for any other, if it cannot be run, or if it does not end in time
    """
    name = name_program(command)
    try:
        wire = to_wire(recipient)
    except ValueError as error:
        raise MailRefused(f"no mail can be sent there: {error}") from error
    sender = message["From"].addresses[0].addr_spec
    is_utf8 = needs_smtputf8(wire) or needs_smtputf8(sender)
    content = write_message(message, is_utf8=is_utf8, linesep="\n")
    # a file and not a pipe, which a program that delivers in the background keeps open after it has taken the message
    with tempfile.TemporaryFile() as complaints:
        code = await _run((*command, "--", wire), content, complaints, timeout_seconds)
        complaints.seek(0)
        printed = complaints.read(_MOST_BYTES_READ)
    if code:
        raise _judge(name, code, printed)
    return f"{name} accepted it"


async def _run(
    command: Sequence[str], content: bytes, complaints: IO[bytes], timeout_seconds: float
) -> int:
    """Write a message to a program and return its exit code; raises TransportDown if it cannot be run or does not end."""
    streams = {
        "stdin": asyncio.subprocess.PIPE,
        "stdout": asyncio.subprocess.DEVNULL,
        "stderr": complaints,
    }
    async with running(
        command, setting=_SETTING, timeout_seconds=timeout_seconds, **streams
    ) as process:
        await _write(process, content)
        return await process.wait()


def _judge(name: str, code: int, printed: bytes) -> MailDeferred | MailRefused:
    words = tidy_answer(printed.decode("utf-8", "replace"))
    because = f": {words}" if words else ""
    if code in _NEVER:
        return MailRefused(f"{name} refused it permanently, code {code} ({_NEVER[code]}){because}")
    if code in _LATER:
        return MailDeferred(f"{name} asks to try later, code {code}{because}")
    return TransportDown(f"{_SETTING}: {name} ended with code {code}{because}")


async def _write(process: asyncio.subprocess.Process, content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  # asked for as a pipe
    # a program that ends before it has read everything explains it by its exit code
    with contextlib.suppress(ConnectionError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()
