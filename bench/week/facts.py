"""Published facts: the articles of a week with every state they had, and what was served of them. The truth."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from bench.week.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What an article said from a moment on."""

    text: Text
    since: datetime


@dataclass(slots=True, kw_only=True)
class Fact:
    """An article of a week.

    token       stands in its address, and nowhere else
    story       number of its story: copies share it
    kind        what it is there for: ``article``, ``copy``, ``cut copy``, ``flash`` ...
    sources     names of the sources that announce it, and from when
    is_old      was there before the first visit: nobody is to be told
    is_closed   why its text cannot be read: behind a wall, forbidden to robots; empty if it can
    is_uncertain whether it may be told and may be not: the documents do not say, or the week was too short
    served      when which state was sent to the daemon
    gone_at     when it was taken off its site, and when the daemon was first told that it is not there
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
        """Return what it says now."""
        return self.states[-1].text

    @property
    def updated_at(self) -> datetime:
        """Return when it was changed last."""
        return self.states[-1].since

    def says_in(self, number: int) -> tuple[frozenset[str], Counter[str]]:
        """Return the atoms of a state's headline, and how often it says each."""
        text = self.states[number].text
        return text.in_title, text.counts
