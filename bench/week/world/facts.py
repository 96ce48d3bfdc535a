"""Facts: the published articles of a week with all their states, and what was served of them. The ledger's truth."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from bench.week.world.texts.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The text of an article from a moment on."""

    text: Text
    since: datetime


@dataclass(slots=True, kw_only=True)
class Fact:
    """An article of a week.

    token         part of its address, and of nothing else
    story         number of its story, which copies share
    kind          its purpose: ``article``, ``copy``, ``cut copy``, ``flash`` ...
    sources       names of the sources that announce it, and from when
    is_old        whether it was there before the first visit, so that no alert may come
    is_closed     why its text cannot be read: behind a wall, forbidden to robots; empty if it can
    is_uncertain  whether an alert may come or not: the documents do not say, or the week was too short
    served        which state was sent to the daemon, and when
    gone_at       when it was removed, and when the daemon first got that answer
    """

    token: str
    site: str
    story: int
    kind: str
    path: str
    language: str
    published_at: datetime
    states: list[State]
    sources: dict[str, datetime] = field(default_factory=dict)
    is_old: bool = False
    is_closed: str = ""
    uncertain: str = ""
    gone_at: datetime | None = None
    gone_seen_at: datetime | None = None
    served: list[tuple[datetime, int]] = field(default_factory=list)
    copy_of: str = ""

    @property
    def text(self) -> Text:
        """Return its present text."""
        return self.states[-1].text

    @property
    def updated_at(self) -> datetime:
        """Return when it was last changed."""
        return self.states[-1].since

    def says_in(self, number: int) -> tuple[frozenset[str], Counter[str]]:
        """Return the atoms of a state's headline, and how many times the state says each."""
        text = self.states[number].text
        return text.in_title, text.counts
