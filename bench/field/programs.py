"""The programs that Watchword is compared with on the field cases, and how each is installed and run."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.environments import prepare_environment
from bench.field.cases import CASES, FEED, LIST, OPML, PAGE
from bench.field.judge import Outcome, judge, make_outcome
from bench.field.sites import Case, open_case

ROOT = Path(__file__).resolve().parents[2]
# the largest feed takes seconds; a peer that waits for a silent server for ever has failed
_ANSWER_SECONDS = 120.0
_LAST_WORDS = 300


class PeerBroke(Exception):
    """A peer's process ended without an answer; the message is the end of its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program other than ours.

    module        the module that drives it, run in its own environment
    requirements  what is installed there
    does          its abilities: a case that needs another one does not concern it
    """

    name: str
    module: str
    requirements: tuple[str, ...]
    does: frozenset[str]
    arguments: tuple[str, ...] = ()


_PARSER, _CLEANER = "feedparser==6.0.14", "lxml_html_clean==0.4.6"
_REQUESTS = "requests==2.34.2"
PEERS = (
    Peer(
        name="reader 3.26",
        module="bench.field_peers.lemon_reader",
        # its own copy of feedparser needs sgmllib, which feedparser 6.0.14 no longer installs
        requirements=("reader==3.26", "sgmllib3k==1.0.0"),
        does=frozenset({FEED, OPML}),
    ),
    Peer(
        name="rss2email 3.14",
        module="bench.field_peers.rss_to_email",
        requirements=("rss2email==3.14",),
        does=frozenset({FEED, OPML}),
    ),
    Peer(
        name="afternoon's script",
        module="bench.field_peers.afternoon",
        requirements=(_PARSER, _REQUESTS, "trafilatura==2.3.1", _CLEANER),
        does=frozenset({FEED, PAGE}),
    ),
    Peer(
        name="newspaper4k 0.9.6",
        module="bench.field_peers.afternoon",
        requirements=(_PARSER, _REQUESTS, "newspaper4k==0.9.6", _CLEANER),
        does=frozenset({FEED, PAGE, LIST}),
        arguments=("newspaper",),
    ),
)


def prepare(peer: Peer, cache: Path) -> Path:
    """Return the interpreter of a peer's own environment, which is made first if it does not exist yet."""
    return prepare_environment(peer.name, peer.requirements, cache)


def try_peer(peer: Peer, python: Path, case: Case) -> tuple[str, ...] | None:
    """Let a peer read a case; return the complaints, None if the case does not concern it.

    raises  PeerBroke if the peer's process ends without an answer
    """
    wanted = CASES.get(case.number)
    if wanted is None or wanted.needs not in peer.does:
        return None
    outcome = _read(peer, python, case)
    return judge(wanted, outcome, reads_pages=PAGE in peer.does, now=datetime.now(UTC))


def _read(peer: Peer, python: Path, case: Case) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="field-") as name:
        talk = _Talk(peer, python, Path(name))
        if case.outlines:
            return talk.hold([], [{"opml": str(case.outlines)}])
        with open_case(case) as site:

            def turn(line: Mapping[str, Any]) -> None:
                site.state.visit = line["visit"]

            visits = [{"visit": number} for number in range(1, site.visits + 1)]
            outcome = talk.hold(site.list_sources(), visits, turn=turn)
            return outcome.seen_by(site.state)


class _Talk:
    """A peer's process, driven line by line."""

    def __init__(self, peer: Peer, python: Path, folder: Path) -> None:
        self._command = [str(python), "-m", peer.module, *peer.arguments]
        self._folder = folder

    def hold(
        self,
        sources: Sequence[Mapping[str, Any]],
        lines: Sequence[Mapping[str, Any]],
        *,
        turn: Callable[[Mapping[str, Any]], None] = lambda _line: None,
    ) -> Outcome:
        """Send every line, each after ``turn`` has prepared the site for it; return the last answer."""
        log = self._folder / "peer.log"
        with (
            log.open("wb") as errors,
            subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(sources),
                text=True,
            ) as process,
        ):
            answer = ""
            first = {"sources": sources, "folder": str(self._folder)}
            for line in (first, *lines):
                if line is not first:
                    turn(line)
                answer = _exchange(process, line, is_answered=line is not first)
            process.communicate(timeout=_ANSWER_SECONDS)
        printed = log.read_text(errors="replace")
        if not answer:
            raise PeerBroke(printed.strip()[-_LAST_WORDS:] or "no answer in time")
        return make_outcome(json.loads(answer), log=printed)


def _exchange(
    process: "subprocess.Popen[str]", line: Mapping[str, Any], *, is_answered: bool
) -> str:
    """Return the answer to a line; a process that does not answer in time is killed, and the answer is empty."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the peer has no pipes")
    watchdog = threading.Timer(_ANSWER_SECONDS, process.kill)
    watchdog.start()
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(line) + "\n")
            process.stdin.flush()
        return process.stdout.readline() if is_answered else ""
    finally:
        watchdog.cancel()


def _environment(sources: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the environment of a peer, with no proxy except that of its sources, which is one for all of a case."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    proxy = next((source["proxy"] for source in sources if source["proxy"]), "")
    ours = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return {**kept, **ours, **({"http_proxy": proxy} if proxy else {})}
