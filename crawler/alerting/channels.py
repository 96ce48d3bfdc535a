"""Other ways out by Apprise: push services, chats, and whatever else it speaks."""

import asyncio
import importlib
import logging
from typing import Any

from crawler.alerting.compose import write_subject
from crawler.alerting.links import Links
from crawler.alerting.render import render
from crawler.errors import MailDeferred
from crawler.model.alert import Letter

# services cut long messages, each at another length; the subject tells the story anyway
_MOST_CHARACTERS = 4000


def write_message(letter: Letter, links: Links) -> tuple[str, str]:
    """Give a letter as title and text."""
    return write_subject(letter), render(letter, links).text[:_MOST_CHARACTERS]


async def notify_by_apprise(title: str, text: str, *, url: str, timeout_seconds: float) -> str:
    """Hand a message to Apprise; gives what was done. Raises MailDeferred where it was not taken."""
    try:
        async with asyncio.timeout(timeout_seconds):
            is_taken = await asyncio.to_thread(_notify, url, title, text)
    except TimeoutError:
        raise MailDeferred(f"the channel did not answer within {timeout_seconds:g} s") from None
    if not is_taken:
        raise MailDeferred("the channel did not take it")
    return "taken by Apprise"


def _notify(url: str, title: str, body: str) -> bool:
    try:
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        raise MailDeferred("Apprise is not installed; pip install 'watchword[channels]'") from None
    # its own log lines carry addresses, and these carry keys
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    service = apprise.Apprise()
    if not service.add(url):
        raise MailDeferred("the channel's url is none that Apprise knows")
    return bool(service.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))
