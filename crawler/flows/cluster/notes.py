"""What a visit said on another machine, one record for each call of the notebook; the home replays them.

``at`` is the instant at which it was said. A source is not repeated: the home has it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from crawler.flows.process.notebook import Refusal
from crawler.flows.process.parse_pool.understanding import Understood
from crawler.model.article import Page
from crawler.model.cluster.bundle import Pace
from crawler.model.site import RobotsFile, Throttle
from crawler.model.source import EndpointKind, FetchResult
from crawler.model.visit import PageFailure, VisitOutcome

# in place of the entry of a watched page: it gets its row at home, from the notes before
WATCHED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchNote:
    """The endpoints were looked for."""

    kind: Literal["search"] = "search"
    at: datetime
    visit_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultNote:
    """What an endpoint said."""

    kind: Literal["result"] = "result"
    at: datetime
    visit_id: int
    result: FetchResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcludeNote:
    """A source was read; ``results`` without their entries."""

    kind: Literal["conclude"] = "conclude"
    at: datetime
    visit_id: int
    results: tuple[FetchResult, ...]
    unwritten: tuple[FetchResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FailNote:
    """A source could not be read."""

    kind: Literal["fail"] = "fail"
    at: datetime
    visit_id: int
    result: FetchResult
    unwritten: tuple[FetchResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DropNote:
    """A visit cannot end in order."""

    kind: Literal["drop"] = "drop"
    at: datetime
    visit_id: int
    outcome: VisitOutcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """A page on its way home: without its body, which is ``packed`` if the home may keep it."""

    page: Page
    packed: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleNote:
    """A page, or an entry's own words, is an article."""

    kind: Literal["article"] = "article"
    at: datetime
    sent: SentPage
    understood: Understood


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsNote:
    """The new words of an entry that has only those."""

    kind: Literal["words"] = "words"
    at: datetime
    sent: SentPage
    words: Understood | None
    reason: str
    page_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalNote:
    """A page holds no article."""

    kind: Literal["refusal"] = "refusal"
    at: datetime
    sent: SentPage
    words: Understood | None
    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureNote:
    """A page could not be fetched."""

    kind: Literal["failure"] = "failure"
    at: datetime
    sent: SentPage
    words: Understood | None
    failure: PageFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldNote:
    """A page waits for its host or for its turn to be read.

    is_host  a host is throttled; otherwise reading it was postponed
    """

    kind: Literal["hold"] = "hold"
    at: datetime
    sent: SentPage
    words: Understood | None
    reason: str
    until: datetime
    is_host: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleNote:
    """A host asked to be left alone."""

    kind: Literal["throttle"] = "throttle"
    at: datetime
    throttle: Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsNote:
    """A robots.txt was fetched."""

    kind: Literal["robots"] = "robots"
    at: datetime
    robots: RobotsFile


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneNote:
    """The worker asks nothing more of a domain for its bundle; what is not settled by now is given back."""

    kind: Literal["done"] = "done"
    at: datetime
    pace: Pace


def brings_page(result: FetchResult) -> bool:
    """Return whether a result is a watched page that changed: its article comes from the same bundle, by the same answer."""
    is_news = not (result.is_unchanged or result.failure)
    return result.endpoint.kind is EndpointKind.PAGE and is_news


VisitNote = SearchNote | ResultNote | ConcludeNote | FailNote | DropNote
PageNote = ArticleNote | WordsNote | RefusalNote | FailureNote | HoldNote
SiteNote = ThrottleNote | RobotsNote | DoneNote
Note = VisitNote | PageNote | SiteNote
