"""Sending messages by Apprise: push services, chats, and whatever else it knows."""

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
from crawler.machine.processes.python_child import child_environment, python_command
from crawler.machine.trust import requests_environment
from crawler.model.mail.channel import Limits, Notification, Reply
from crawler.text.web.proxies import ProxyRules

# statuses that may be about the text and not about the sender
_OF_THE_TEXT = frozenset({400, 403, 413, 414, 422})
# RFC 9110, 15.5.14: content too large, whatever the words are
_TOO_LARGE = 413
# "too long" in the words of the services
_TOO_LONG = re.compile(
    r"too[ _-]?(long|large|big|many characters)|max[a-z]*[ _-]?(length|characters|size)|or fewer in length"
    r"|(limit|length|maximum|up to|at most|than|exceed\w*)\b.{0,40}\d+|character limit|length (limit|exceed)"
    r"|exceed\w*.{0,30}(limit|length|size|characters)|must be (shorter|less)|message_?length|msg_too_long",
    re.IGNORECASE,
)
# messages remembered in ``Taken``: a daemon runs for years
_MOST_REMEMBERED = 1000
_FEWEST_LEFT = 60  # characters that a second, shorter try has at least: room for a headline
# the default: no proxy, and the environment is ignored
_NO_PROXIES = ProxyRules()


class Taken:
    """Remembers which services behind a channel have accepted a message, so that the next attempt leaves them out.

    Kept in memory only: after a restart between two attempts they may get it twice.
    """

    def __init__(self) -> None:
        self._by_message = OrderedDict[str, set[str]]()

    def keys_of(self, message_id: str) -> frozenset[str]:
        """Return the keys of the services that have accepted a message."""
        return frozenset(self._by_message.get(message_id, ()))

    def add(self, message_id: str, keys: set[str]) -> None:
        """Remember services that have accepted a message."""
        if keys:
            self._by_message.setdefault(message_id, set()).update(keys)
            while len(self._by_message) > _MOST_REMEMBERED:
                self._by_message.popitem(last=False)

    def forget(self, message_id: str) -> None:
        """Forget a message that is sent or dead."""
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
    """Send a message by Apprise to each service behind an address, and return what they answered.

    Apprise runs in a process of its own, which is killed after the time-out. A thread cannot be killed: one that went on after
    its time-out delivered a message that was recorded as deferred, and the next attempt delivered it again.

    ca_file  certificates of an authority that is trusted besides those of the system
    proxies  proxy rules for services that are reached by HTTP; the environment is ignored
    raises   MailRefused if all services that do not have it yet refuse even a short text; MailDeferred or TransportDown
             if it may work later
    """
    replies, asked = list[Reply](), {"url": url, "proxies": asdict(proxies)}
    try:
        async with asyncio.timeout(timeout_seconds), _process(ca_file) as child:
            services = [Limits(**one) for one in (await _ask(child, asked))["services"]]
            before = taken.keys_of(message_id)
            for service in services:
                if service.key not in before:
                    replies.append(await _hand_over(child, parts, service))
                    # remembered one by one, because the next service may use up the time-out
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
    """Return what services answered; raises MailRefused, TransportDown or MailDeferred if one of them is to be tried again."""
    answers = "; ".join(_describe_reply(reply, names[reply.key]) for reply in replies)
    open_replies = [reply for reply in replies if not _is_done(reply)]
    if not open_replies:
        return answers or "every service accepted it before"
    if all(_is_too_long(reply) for reply in open_replies):
        raise MailRefused(answers)
    if all(not reply.status for reply in open_replies):
        raise TransportDown(answers)
    raise MailDeferred(answers)


def _is_done(reply: Reply) -> bool:
    """Return whether a service is not tried again.

    One that accepted the message for some of its recipients and refuses others permanently is not: it would send it again
    to the first ones at each attempt.
    """
    return reply.is_taken or _is_settled(reply)


def _is_settled(reply: Reply) -> bool:
    # 408, 425 and 429 mean "not now"
    return reply.is_partial and 400 <= reply.status < 500 and reply.status not in {408, 425, 429}


def _is_too_long(reply: Reply) -> bool:
    """Return whether a service refused a text as too long."""
    if reply.status == _TOO_LARGE:
        return True
    is_of_rate = "rate" in reply.reason.lower()
    return reply.status in _OF_THE_TEXT and not is_of_rate and bool(_TOO_LONG.search(reply.reason))


def _describe_reply(reply: Reply, name: str) -> str:
    if reply.is_taken:
        return f"{name} answered {reply.status}" if reply.status else f"{name} accepted it"
    because = f": {reply.reason}" if reply.reason else ""
    some = "; some of its recipients got it" if reply.is_partial else ""
    if reply.status >= 300:
        return f"{name} answered {reply.status}{because}{some}"
    if reply.status:
        return f"{name} answered {reply.status} and did not accept it{because}{some}"
    return f"{name} did not accept it{because}{some}"


async def _hand_over(child: asyncio.subprocess.Process, parts: Parts, service: Limits) -> Reply:
    """Send a message to a service and return its last answer; if it refuses the text as too long, try once with less."""
    message = write_message(parts, find_room(service))
    reply = await _send(child, service, message)
    if not _is_too_long(reply) or reply.is_partial:
        return reply
    room = find_room(service, most=_shorten(reply, len(message.title) + len(message.body)))
    return await _send(child, service, write_message(parts, room))


def _shorten(reply: Reply, length: int) -> int:
    """Return the room for another try: the length that the service names, or half of what it refused, at least 60."""
    return reply.most if _FEWEST_LEFT <= reply.most < length else max(_FEWEST_LEFT, length // 2)


async def _send(child: asyncio.subprocess.Process, service: Limits, message: Notification) -> Reply:
    asked = {"messages": {service.key: asdict(message)}}
    (reply,) = (await _ask(child, asked))["replies"]
    return Reply(**reply)


@contextlib.asynccontextmanager
async def _process(ca_file: Path | None) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the Apprise process, and kill it with all its children at the end."""
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
            # error messages contain addresses, and these contain keys
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # a group of its own, to kill it with its children
        )
        try:
            yield child
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


def _without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without HTTPS_PROXY, NO_PROXY and the like, which ``requests`` would follow."""
    return {
        name: value for name, value in environment.items() if not name.lower().endswith("_proxy")
    }


async def _ask(child: asyncio.subprocess.Process, message: dict[str, Any]) -> dict[str, Any]:
    """Send a line to the process and return its answer; standard input stays open, because closing it ends the process."""
    if child.stdin is None or child.stdout is None:
        raise MailDeferred("the channel's process could not be reached")
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
