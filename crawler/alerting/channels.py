"""Other ways out by Apprise: push services, chats, and whatever else it speaks."""

import asyncio
import contextlib
import json
import os
import signal

from crawler.alerting.links import Links
from crawler.alerting.render import render
from crawler.alerting.subjects import write_subject
from crawler.errors import MailDeferred
from crawler.model.alert import Letter
from crawler.python_child import child_environment, python_command

# services cut long messages, each at another length; the subject tells the story anyway
_MOST_CHARACTERS = 4000


def write_message(letter: Letter, links: Links) -> tuple[str, str]:
    """Give a letter as title and text."""
    return write_subject(letter), render(letter, links).text[:_MOST_CHARACTERS]


async def notify_by_apprise(title: str, text: str, *, url: str, timeout_seconds: float) -> str:
    """Hand a message to Apprise; return what was done. Raises MailDeferred where it was not taken.

    Apprise works in a process of its own that is killed when its time is up. A thread could not be: it would deliver
    after the message was put down as deferred, and the next attempt would deliver it again.
    """
    child = await asyncio.create_subprocess_exec(
        *python_command("crawler.alerting.apprise_process"),
        env=child_environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # its complaints carry addresses, and these carry keys
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_seconds):
            answer = await _ask(child, {"url": url, "title": title, "body": text})
    except TimeoutError:
        raise MailDeferred(f"the channel did not answer within {timeout_seconds:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()
    if answer["problem"]:
        raise MailDeferred(answer["problem"])
    return "taken by Apprise"


async def _ask(child: asyncio.subprocess.Process, message: dict[str, str]) -> dict[str, str]:
    """Send a message to the process and return its answer; its standard input stays open, it ends when that closes."""
    if child.stdin is None or child.stdout is None:
        raise MailDeferred("the channel's process could not be spoken to")
    with contextlib.suppress(ConnectionError):
        child.stdin.write(json.dumps(message).encode() + b"\n")
        await child.stdin.drain()
    line = await child.stdout.readline()
    if not line:
        raise MailDeferred("the channel's process ended without an answer")
    answer: dict[str, str] = json.loads(line)
    return answer
