"""Reading a robots.txt: the rules for our user agent, the pause between two pages, and the sitemaps.

Source: RFC 9309. Crawl-delay and sitemap are not in it, but in most files.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import timedelta

from crawler.extract.navigation.robots_rules import RuleSet
from crawler.text.web.urls import absolute_url

# RFC 9309, 2.5 asks for at least 500 KiB, and no rule within them is left out. What is beyond is not read: a file of
# 2 million lines took a parser 13 s and 880 MB
MAX_BYTES = 500 * 1024
# sitemaps of one file; those beyond are dropped
_MOST_SITEMAPS = 20
# a longer pause is shortened to this: a site with one could not be watched at all
LONGEST_CRAWL_DELAY = timedelta(minutes=10)
# the lines that are read; all others are skipped (RFC 9309, 2.2.4). Request-rate is only recognised: it ends a row of
# user agents
_LINE = re.compile(
    r"\s*(user-agent|allow|disallow|crawl-delay|request-rate|sitemap)\s*:([^#]*)", re.IGNORECASE
)
# RFC 9309, 2.2; not every sign at which ``str.splitlines`` ends a line: an ellipsis of Windows-1252 is one in Latin-1
_LINE_END = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """What a robots.txt states for our user agent.

    crawl_delay  pause between two pages, at most 10 minutes; None if it states none
    sitemaps     absolute addresses, at most 20
    refusal      reason, worded for a person, why nothing may be fetched for now; None if it was read or does not exist
    rules        rules for paths; None if there are none for us
    """

    crawl_delay: timedelta | None = None
    sitemaps: tuple[str, ...] = ()
    refusal: str | None = None
    rules: RuleSet | None = field(default=None, repr=False)

    def allows(self, url: str) -> bool:
        """Return whether the rules let us fetch an address; callers must check ``refusal`` themselves."""
        return self.rules is None or self.rules.allows(url)


@dataclass(slots=True)
class _Group:
    """The lines of a file for one user agent, or for ``*``."""

    rules: list[tuple[bool, str]] = field(default_factory=list)
    crawl_delay: timedelta | None = None


def read_robots(body: str, *, origin: str, agent: str, refusal: str | None = None) -> Robots:
    """Return what a robots.txt states for a user agent; an empty file allows everything.

    origin   scheme and host of the file, which addresses of sitemaps are relative to
    agent    our user agent, of which a group may name a part
    refusal  reason why nothing may be fetched for now, or None; with one, the body is not read
    """
    if refusal is not None or not body:
        return Robots(refusal=refusal)
    groups, sitemaps = _read_groups(body[:MAX_BYTES])
    links = (absolute_url(link, base=origin) for link in sitemaps)
    own = _find_group(groups, agent)
    return Robots(
        crawl_delay=own.crawl_delay or None,
        sitemaps=tuple(dict.fromkeys(link for link in links if link))[:_MOST_SITEMAPS],
        rules=RuleSet(own.rules) if own.rules else None,
    )


def decode_robots(body: bytes) -> str:
    """Return the text of a robots.txt: UTF-8 as RFC 9309 requires, or UTF-16 as Windows programs write it."""
    head = body[:MAX_BYTES]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    elif b"\x00" in head[:2]:
        text = head.decode("utf-16-be" if head[:1] == b"\x00" else "utf-16-le", "replace")
    else:
        text = head.decode("utf-8", "replace")
    return text.replace("\x00", "")


def _read_groups(body: str) -> tuple[dict[str, _Group], list[str]]:
    """Return the groups by user agent in lower case, and the sitemaps; both in file order.

    User-agent lines in a row share the lines that follow them, and a later group for the same agent adds to the first
    (RFC 9309, 2.2.1).
    """
    groups: dict[str, _Group] = {}
    sitemaps: list[str] = []
    current: dict[str, _Group] = {}
    is_naming = False
    for line in _LINE_END.split(body.lstrip("\ufeff")):
        found = _LINE.match(line)
        if found is None:
            continue
        name, value = found[1].lower(), found[2].strip()
        if name == "sitemap":
            sitemaps.extend([value] if value else [])
            continue
        if name == "user-agent":
            current = current if is_naming else {}
            for agent in _spell_agent(value):
                current[agent] = groups.setdefault(agent, _Group())
        elif value:
            for group in current.values():
                _add(group, name, value)
        is_naming = name == "user-agent"
    return groups, sitemaps


def _spell_agent(value: str) -> tuple[str, ...]:
    """Return the names that a user-agent line stands for: as written, and without ``*`` (``Watchword*`` is not standard)."""
    agent = value.lower()
    plain = agent if agent == "*" else agent.replace("*", "")
    return tuple(dict.fromkeys(name for name in (agent, plain) if name))


def _add(group: _Group, name: str, value: str) -> None:
    if name in {"allow", "disallow"}:
        group.rules.append((name == "allow", value))
    elif name == "crawl-delay":
        delay = _read_delay(value)
        group.crawl_delay = group.crawl_delay if delay is None else delay


def _read_delay(value: str) -> timedelta | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    # cut twice, because a timedelta overflows beyond some 10**14 seconds
    return min(timedelta(seconds=min(seconds, 10**6)), LONGEST_CRAWL_DELAY)


def _find_group(groups: dict[str, _Group], agent: str) -> _Group:
    """Return the group whose name fits our agent best, else the one for all; an empty group if there is neither."""
    own = agent.strip().lower()
    scores = {name: _score(name, own) for name in groups}
    best = max(scores, key=lambda name: scores[name], default="")
    return groups[best] if best and scores[best] else _Group()


def _score(name: str, own: str) -> int:
    """Return how well a name fits our agent: its length if a word of the agent begins with it, 1 for ``*``, else 0."""
    if name == "*":
        return 1
    is_word = re.search(rf"(?<![^\W_])(?<![-_]){re.escape(name)}", own)
    return len(name) if is_word else 0
