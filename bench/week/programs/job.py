"""The job of a program's script, a JSON file read in each round, and how scripts send alerts. Runs in the program's environment.

The file holds what a person would set up: sources, interests, a mail server. It is edited during the week, and the next round
uses it. A script writes ``first-round`` into its folder when every source was visited once.
"""

import json
import os
import smtplib
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

from bench.week.programs.interests import Interest, read_interest

Source = Mapping[str, Any]
FIRST_ROUND = "first-round"
# servers on loopback that answer at once; faults are the silent ones
_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The job of a script.

    sources  each with ``name``, ``kind`` (feed, sitemap, section or page), ``url``, ``language`` and ``tags``
    every    seconds between the starts of two rounds
    delay    seconds between two requests to a host
    """

    folder: Path
    sources: tuple[Source, ...]
    interests: tuple[Interest, ...]
    mail_port: int
    every: float
    delay: float

    def list_met(self, title: str, text: str, source: Source) -> list[Interest]:
        """Return the interests that an article meets."""
        return [one for one in self.interests if one.is_met(title, text, source)]


def read_job(path: Path) -> Job:
    """Return the job in a file."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Job(
        folder=path.parent,
        sources=tuple(facts["sources"]),
        interests=tuple(read_interest(one) for one in facts["interests"]),
        mail_port=facts["mail_port"],
        every=facts["every"],
        delay=facts["delay"],
    )


def go_round(path: Path, look: Callable[[Job], None]) -> None:
    """Visit all sources, again and again at the job's interval; never ends."""
    while True:
        began, job = time.monotonic(), read_job(path)
        look(job)
        (job.folder / FIRST_ROUND).touch()
        time.sleep(count_wait(job, time.monotonic() - began))


def count_wait(job: Job, passed: float) -> float:
    """Return the seconds until the next round, as with cron: after a long round the missed moments are skipped."""
    return job.every - passed % job.every


def send_alert(job: Job, interest: Interest, title: str, link: str, text: str = "") -> None:
    """Send one mail to all recipients of an interest, and post to its webhooks; raise OSError if that fails."""
    if interest.mail:
        message = EmailMessage()
        message["From"], message["To"] = "watch@desk.test", ", ".join(interest.mail)
        message["Subject"] = f"[{interest.name}] {' '.join(title.split())}"
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="desk.test")
        message.set_content(f"{title}\n{link}\n\n{text[:300]}\n")
        with smtplib.SMTP("127.0.0.1", job.mail_port, timeout=_TIMEOUT_SECONDS) as server:
            server.send_message(message)
    for hook in interest.hooks:
        post(hook, {"watch": interest.name, "title": title, "url": link})


def post(url: str, facts: Mapping[str, str]) -> None:
    """Post JSON."""
    request = urllib.request.Request(
        url,
        data=json.dumps(facts).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
        pass


class SeenSet:
    """The keys already seen, in a file that stays whole if the script is killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = set(json.loads(path.read_text()) if path.exists() else ())

    def __contains__(self, key: str) -> bool:
        return key in self._seen

    def add(self, *keys: str) -> None:
        """Store keys immediately."""
        self._seen.update(keys)
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(sorted(self._seen)))
        os.replace(draft, self._path)  # noqa: PTH105  # as scripts do
