"""One message to Apprise, in a process of its own: ``python -m crawler.alerting.apprise_process``.

Standard input brings one line of JSON (``url``, ``title``, ``body``; never the command line, which others can read),
standard output gets one (``problem``, empty where it was taken). The process ends as soon as its standard input is
closed: whoever asked is gone, and would have the message delivered again.
"""

import importlib
import json
import os
import threading
from typing import Any, BinaryIO


def main() -> None:
    """Read a message, hand it over, and answer."""
    # whatever a plug-in prints must not be taken for the answer
    answer_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    message = json.loads(_read_line(0))
    threading.Thread(target=_end_with_parent, args=(0,), daemon=True).start()
    _answer(answer_to, _notify(message["url"], message["title"], message["body"]))


def _read_line(descriptor: int) -> bytes:
    """Read up to the first line end, byte-wise buffered by nobody else."""
    parts = list[bytes]()
    while not (parts and parts[-1].endswith(b"\n")):
        part = os.read(descriptor, 65_536)
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def _end_with_parent(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        pass
    os._exit(1)


def _answer(target: BinaryIO, problem: str) -> None:
    target.write(json.dumps({"problem": problem}).encode() + b"\n")
    target.flush()


def _notify(url: str, title: str, body: str) -> str:
    """Return what went wrong in words that tell nothing of the address, or nothing."""
    try:
        apprise: Any = importlib.import_module("apprise")
    except ImportError:
        return "Apprise is not installed; pip install 'watchword[channels]'"
    try:
        service = apprise.Apprise()
        if not service.add(url):
            return "the channel's url is none that Apprise knows"
        text = apprise.NotifyFormat.TEXT
        is_taken = bool(service.notify(title=title, body=body, body_format=text))
    except Exception as error:  # a plug-in's own fault; its words may hold the address
        return f"the channel broke with {type(error).__name__}"
    return "" if is_taken else "the channel did not take it"


if __name__ == "__main__":
    main()
