"""The protocol of peers: a JSON line on standard input, a JSON line on standard output. Runs in the peer's environment.

The first line names the sources and a working folder; each further one is a visit, or a list of feeds to import. An answer
holds all that the program has reported so far: entries, failures, and its listing of sources.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

Source = Mapping[str, Any]


class Peer(Protocol):
    """A program that reads sources."""

    def visit(self) -> None:
        """Visit every source once."""

    def take(self, outlines: Path) -> None:
        """Import a list of feeds, as OPML."""

    def report(self) -> dict[str, Any]:
        """Return what the program holds or has sent: ``entries``, ``failures`` and ``lists``."""


def entry(title: object, link: object, text: object, published: object) -> dict[str, str]:
    """Return an entry in the form that the judge reads; unknown values are empty."""
    values = {"title": title, "link": link, "text": text, "published": published}
    return {name: str(value or "") for name, value in values.items()}


def serve(make: Callable[[list[Source], Path], Peer]) -> None:
    """Answer until standard input ends."""
    # output of the libraries must not get between the answers
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
    peer = make(first["sources"], Path(first["folder"]))
    for line in sys.stdin:
        asked = json.loads(line)
        if "opml" in asked:
            peer.take(Path(asked["opml"]))
        else:
            peer.visit()
        print(json.dumps(peer.report()), file=answers, flush=True)
