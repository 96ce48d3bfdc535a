"""Other transports by Apprise: push services, chats, and whatever else it speaks."""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from crawler.alerting.channels.channel_parts import Parts
from crawler.alerting.channels.channel_text import find_room, write_message
from crawler.errors import MailDeferred, MailRefused, TransportDown
from crawler.machine.python_child import child_environment, python_command
from crawler.machine.trust import requests_environment
from crawler.model.channel import Limits, Notification, Reply
from crawler.text.web.proxies import ProxyRules

# statuses by which services refuse a text, not who sends it
_OF_THE_TEXT = frozenset({400, 403, 413, 414, 422})
_TOO_LARGE = 413
_TOO_LONG = re.compile(
    r"too[ _-]?(long|large|big|many characters)|max[a-z]*[ _-]?(length|characters|size)|or fewer in length"
    r"|(limit|length|maximum|up to|at most|than|exceed\w*)\b.{0,40}\d+|character limit|length (limit|exceed)"
    r"|exceed\w*.{0,30}(limit|length|size|characters)|must be (shorter|less)|message_?length|msg_too_long",
    re.IGNORECASE,
)
# messages of which some services took their copy; a daemon that runs for years forgets the oldest
_MOST_REMEMBERED = 1000
_FEWEST_LEFT = 60
_NO_PROXIES = ProxyRules()


class Taken:
    """Which services behind a channel have taken a message already: a next attempt leaves them out.

    Kept in memory; after a restart within an attempt's wait they may get it twice.
    """

    def __init__(self) -> None:
        self._by_message = OrderedDict[str, set[str]]()

    def keys_of(self, message_id: str) -> frozenset[str]:
        """Return the keys of those services."""
        return frozenset(self._by_message.get(message_id, ()))

    def add(self, message_id: str, keys: set[str]) -> None:
        """Note services that have it."""
        if keys:
            self._by_message.setdefault(message_id, set()).update(keys)
            while len(self._by_message) > _MOST_REMEMBERED:
                self._by_message.popitem(last=False)

    def forget(self, message_id: str) -> None:
        """Forget a message that is told, or never will be."""
        self._by_message.pop(message_id, None)


async def notify_by_apprise(  # noqa: PLR0913  # what one attempt is made of
    parts: Parts,
    *,
    url: str,
    timeout_seconds: float,
    taken: Taken,
    message_id: str,
    ca_file: Path | None = None,
    proxies: ProxyRules = _NO_PROXIES,
) -> str:
    """Write a message for each service behind an address and hand it to Apprise; return what they answered.

    Apprise works in a process of its own that is killed when its time is up. A thread could not be: it would deliver
    after the message was put down as deferred, and the next attempt would deliver it again.

    ca_file  certificates of an authority that is believed beside those of the system
    proxies  what services that are spoken to over HTTP are asked through; the environment's are ignored
    raises  MailRefused where every service that has it not yet refuses even a short text; MailDeferred, TransportDown
            where it may pass
    """
    replies, asked = list[Reply](), {"url": url, "proxies": asdict(proxies)}
    try:
        async with asyncio.timeout(timeout_seconds), _process(ca_file) as child:
            services = [Limits(**one) for one in (await _ask(child, asked))["services"]]
            before = taken.keys_of(message_id)
            for service in services:
                if service.key not in before:
                    replies.append(await _hand_over(child, parts, service))
                    # noted one by one: the next may take all the time there is
                    taken.add(message_id, {one.key for one in replies if _is_done(one)})
    except TimeoutError:
        raise TransportDown(f"the channel did not answer within {timeout_seconds:g} s") from None
    names = {service.key: service.name for service in services}
    try:
        return _judge(replies, names)
    except MailRefused:
        taken.forget(message_id)
        raise


def _judge(replies: list[Reply], names: Mapping[str, str]) -> str:
    """Return what services answered; raises what became of the message where one of them has it not."""
    said = "; ".join(_tell(reply, names[reply.key]) for reply in replies)
    open_replies = [reply for reply in replies if not _is_done(reply)]
    if not open_replies:
        return said or "taken by every service before"
    if all(_is_too_long(reply) for reply in open_replies):
        raise MailRefused(said)
    if all(not reply.status for reply in open_replies):
        raise TransportDown(said)
    raise MailDeferred(said)


def _is_done(reply: Reply) -> bool:
    """Return whether a message is no more sent there.

    Who has it for some of its recipients and refuses the others for good would send it to the first again and again.
    """
    return reply.is_taken or _is_settled(reply)


def _is_settled(reply: Reply) -> bool:
    return reply.is_partial and 400 <= reply.status < 500 and reply.status not in {408, 425, 429}


def _is_too_long(reply: Reply) -> bool:
    """Return whether a service says of a text that it is too long."""
    if reply.status == _TOO_LARGE:
        return True
    is_of_rate = "rate" in reply.reason.lower()
    return reply.status in _OF_THE_TEXT and not is_of_rate and bool(_TOO_LONG.search(reply.reason))


def _tell(reply: Reply, name: str) -> str:
    if reply.is_taken:
        return f"{name} answered {reply.status}" if reply.status else f"{name} took it"
    because = f": {reply.reason}" if reply.reason else ""
    some = "; some of its recipients got it" if reply.is_partial else ""
    if reply.status >= 300:
        return f"{name} answered {reply.status}{because}{some}"
    if reply.status:
        return f"{name} answered {reply.status} and did not take it{because}{some}"
    return f"{name} did not take it{because}{some}"


async def _hand_over(child: asyncio.subprocess.Process, parts: Parts, service: Limits) -> Reply:
    """Have a message sent to a service, and once more in short where it finds it too long."""
    message = write_message(parts, find_room(service))
    reply = await _send(child, service, message)
    if not _is_too_long(reply) or reply.is_partial:
        return reply
    room = find_room(service, most=_shorten(reply, len(message.title) + len(message.body)))
    return await _send(child, service, write_message(parts, room))


def _shorten(reply: Reply, length: int) -> int:
    """Return the room for another try: what the service says it takes, or half of what it refused."""
    return reply.most if _FEWEST_LEFT <= reply.most < length else max(_FEWEST_LEFT, length // 2)


async def _send(child: asyncio.subprocess.Process, service: Limits, message: Notification) -> Reply:
    asked = {"messages": {service.key: asdict(message)}}
    (reply,) = (await _ask(child, asked))["replies"]
    return Reply(**reply)


@contextlib.asynccontextmanager
async def _process(ca_file: Path | None) -> AsyncIterator[asyncio.subprocess.Process]:
    """Give a process that speaks to Apprise, and end it with all it began."""
    with contextlib.ExitStack() as files:
        try:
            trusted = files.enter_context(requests_environment(ca_file))
        except OSError as error:
            raise TransportDown(str(error)) from error
        child = await asyncio.create_subprocess_exec(
            *python_command("crawler.alerting.channels.apprise_process"),
            env=_without_proxies(child_environment()) | trusted,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # its complaints carry addresses, and these carry keys
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


def _without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without HTTPS_PROXY, NO_PROXY and the like, which ``requests`` would go by."""
    return {
        name: value for name, value in environment.items() if not name.lower().endswith("_proxy")
    }


async def _ask(child: asyncio.subprocess.Process, message: dict[str, Any]) -> dict[str, Any]:
    """Send a line to the process and return its answer; its standard input stays open, it ends when that closes."""
    if child.stdin is None or child.stdout is None:
        raise MailDeferred("the channel's process could not be spoken to")
    with contextlib.suppress(ConnectionError):
        child.stdin.write(json.dumps(message).encode() + b"\n")
        await child.stdin.drain()
    line = await child.stdout.readline()
    if not line:
        raise MailDeferred("the channel's process ended without an answer")
    answer: dict[str, Any] = json.loads(line)
    if answer.get("problem"):
        raise MailDeferred(answer["problem"])
    return answer
