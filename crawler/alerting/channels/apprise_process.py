"""Sending one message by Apprise in a process of its own: ``python -m crawler.alerting.channels.apprise_process``.

It reads lines of JSON from standard input (the command line can be read by others) and answers each on standard output:

    {"url": ..., "proxies": ...}    -> {"services": [limits of each service behind the address]}
    {"messages": {key: message}}    -> {"replies": [what each service answered]}

or ``{"problem": ...}``. The second line may come several times, as a text that was refused as too long is sent again in short.
The process ends as soon as its standard input is closed: then the daemon is gone, and its next start sends the message again.
"""

import hashlib
import importlib
import json
import logging
import os
import queue
import threading
from dataclasses import asdict
from typing import Any, BinaryIO

from crawler.alerting.channels.apprise_proxies import go_by, read_rules
from crawler.alerting.channels.service_answers import (
    PROXY_WANTS_LOGIN,
    Listener,
    clean_reason,
    find_length,
    list_secrets,
)
from crawler.model.mail.channel import Limits, Reply

# Apprise returns only yes or no: status and reason are in what it and its HTTP libraries log
_LOGGERS = ("apprise", "urllib3", "requests")


def main() -> None:
    """Read an address, write the limits of its services, and send messages until standard input is closed."""
    # what a plug-in prints must not be taken for an answer: its standard output goes to standard error
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    lines = queue.Queue[bytes]()
    threading.Thread(target=_read_lines, args=(0, lines), daemon=True).start()
    asked = json.loads(lines.get())
    url, proxies = asked["url"], read_rules(asked["proxies"])
    listener = _listen()
    problem, services = _open(url)
    if problem:
        _answer(answer_to, {"problem": problem})
        return
    go_by(proxies)
    _answer(answer_to, {"services": [asdict(limits) for limits in map(_measure, services)]})
    while True:
        messages = json.loads(lines.get())["messages"]
        replies = [
            _notify(service, messages[_name(service)], listener, url)
            for service in services
            if _name(service) in messages
        ]
        _answer(answer_to, {"replies": [asdict(reply) for reply in replies]})


def _read_lines(descriptor: int, lines: "queue.Queue[bytes]") -> None:
    """Queue lines as they come; end the process at the end of input."""
    rest = b""
    while part := os.read(descriptor, 65_536):
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            lines.put(line)
    os._exit(1)


def _answer(target: BinaryIO, answer: dict[str, Any]) -> None:
    target.write(json.dumps(answer).encode() + b"\n")
    target.flush()


def _listen() -> Listener:
    """Return a listener that gets all log records; none goes anywhere else, because they may contain keys."""
    listener = Listener()
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.handlers = [listener]
    return listener


def _open(url: str) -> tuple[str, list[Any]]:
    """Return what is wrong with an address (empty for nothing; never quotes it), and the services behind it."""
    try:
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        return "Apprise is not installed; pip install 'watchword[channels]'", []
    try:
        opened = apprise.Apprise()
        if not opened.add(url):
            return "Apprise does not know this kind of url", []
        services = list(opened)
        for service in services:
            _measure(service)  # so that a plug-in that fails here is reported as broken
    except Exception as error:  # a plug-in's own fault; its text may contain the address
        return f"the channel broke with {type(error).__name__}", []
    return "", services


def _name(service: Any) -> str:
    return hashlib.blake2b(service.url(privacy=False).encode(), digest_size=8).hexdigest()


def _measure(service: Any) -> Limits:
    """Return the limits that a plug-in states for its service."""
    # a plug-in without a limit gets our own default
    most = int(service.body_maxlen) or Limits().body
    mode = str(getattr(service.overflow_mode, "value", service.overflow_mode))
    return Limits(
        key=_name(service),
        name=str(service.service_name)[:40],
        schema=str(service.url(privacy=True)).partition("://")[0],
        body=most,
        title=max(0, int(service.title_maxlen)),
        is_html=_is_html(service),
        is_split=mode == "split",
    )


def _is_html(service: Any) -> bool:
    """Return whether Apprise turns plain text into HTML for a service."""
    resolve = getattr(service, "resolve_format", None)
    found = resolve("text") if callable(resolve) else service.notify_format
    return str(getattr(found, "value", found)) == "html"


def _notify(service: Any, message: dict[str, str], listener: Listener, url: str) -> Reply:
    """Send a message to one service and return what it answered."""
    apprise: Any = importlib.import_module("apprise")
    listener.clear()
    key, broke = _name(service), ""
    try:
        alone = apprise.Apprise()
        alone.add(service)
        is_taken = bool(
            alone.notify(
                title=message["title"],
                body=message["body"],
                body_format=apprise.NotifyFormat.TEXT,
            )
        )
    except Exception as error:  # a plug-in's own fault; its text may contain the address
        is_taken, broke = False, f"its plug-in broke with {type(error).__name__}"
    if is_taken:
        return Reply(key=key, is_taken=True, status=listener.success)
    reason = clean_reason(
        broke or listener.explain(), list_secrets(url, service.url(privacy=False))
    )
    status = listener.status
    return Reply(
        key=key,
        is_taken=False,
        # 407 is the proxy's answer: nothing is known of the service
        status=0 if status == PROXY_WANTS_LOGIN else status,
        reason=reason,
        is_partial=listener.is_partial,
        most=find_length(reason),
    )


if __name__ == "__main__":
    main()
