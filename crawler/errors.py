"""Every error of ours, named for what the caller does next.

WatchwordError
├── RetryLater          the same thing may work later: source down, database busy, mail deferred
│   ├── FetchFailed         a source or page could not be fetched
│   │   └── ProxyFailed         the proxy it is asked through did not let us
│   ├── HostThrottled       its domain asked to be left alone for a while
│   ├── VisitOver           the visit was let go, or its source changed: nothing of it counts any more
│   ├── Overtaken           the database holds a newer configuration than the one in hand
│   ├── StorageUnavailable  the database was closed while its disk, lock or file was waited for
│   ├── RequestInterrupted  the crawl process ended before it had answered a request
│   ├── ParseInterrupted    the process that read it died or was too slow
│   ├── ParsePostponed      its source has had its share of reading, or no process is to be had
│   └── MailDeferred        the mail server said "not now"
│       └── TransportDown          not about this message: the server, or the way to it, is not there
├── SetAside            this one page or message can never work; keep it where a human sees it
│   ├── NotAFeed            the answer was no feed
│   ├── NotAnArticle        the page holds no article
│   │   ├── NoText           it shows no text
│   │   └── NotYet           it shows something else for now: a wall
│   ├── RobotsForbid        robots.txt does not let us
│   ├── AddressRefused      the address lies on this machine or a private network
│   ├── MailRefused         the mail server said "never"
│   └── RequestRefused      what a person asked for cannot be done; carries why
└── StopNow             nothing sensible can go on: configuration, schema, disk, a second daemon
    ├── ConfigFaulty        the configuration has faults; carries all of them
    ├── DatabaseUnusable    the file is missing, foreign, newer than this program, or not writable
    └── AlreadyRunning      another process holds the database
QuerySyntaxError (a ValueError): a watch query that cannot be read; the config rim turns it into a fault
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


class WatchwordError(Exception):
    """The root of the tree.

    exit_code  what a command ends with that this ends
    """

    exit_code = 1


class RetryLater(WatchwordError):
    """Try the same thing again later."""


class FetchFailed(RetryLater):
    """A source or a page could not be fetched.

    url          what was asked for
    reason       one line for a person, naming the true cause
    http_status  what was answered, None where nothing was
    """

    def __init__(self, reason: str, *, url: str, http_status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.url = url
        self.http_status = http_status


class ProxyFailed(FetchFailed):
    """A proxy is the reason: of the site nothing is known.

    is_down  no site is reached through it now; False where it refuses this one
    """

    def __init__(self, reason: str, *, url: str, is_down: bool = False) -> None:
        super().__init__(reason, url=url)
        self.is_down = is_down


class HostThrottled(RetryLater):
    """Nothing of this domain is asked for until a moment; ``reason`` is one line for a person."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class VisitOver(RetryLater):
    """A visit does not count any more: its source was given another address, or it took too long and was let go."""


class Overtaken(RetryLater):
    """A configuration is not in force any more: the database holds a newer one, which is on its way."""


class StorageUnavailable(RetryLater):
    """The database was closed while a lock, the disk or the file was waited for; nothing was written.

    reason  one line for a person
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RequestInterrupted(RetryLater):
    """The crawl process ended before it had answered a request."""


class ParseInterrupted(RetryLater):
    """Reading was cut off: by the time limit, the memory limit, or the death of the process that did it.

    reason  one line for a person, naming the true cause
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ParsePostponed(RetryLater):
    """A page is not read before a moment, and that is not held against it; ``reason`` is one line for a person."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class MailDeferred(RetryLater):
    """The mail server, or the way to it, said "not now".

    wait  how long it asked to be left alone, None where it did not say
    """

    def __init__(self, reason: str, *, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class TransportDown(MailDeferred):
    """Nothing can be sent by this transport for now; what waits can go as soon as one message gets through."""


class SetAside(WatchwordError):
    """This page or message can never work as it is: record it and go on with the rest.

    reason  one line for a person
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAFeed(SetAside):
    """The bytes are no feed of any kind we read."""


class NotAnArticle(SetAside):
    """The page was read and holds no article."""


class NoText(NotAnArticle):
    """The page shows no text, or hardly any: an app, or a story that begins with its headline."""


class NotYet(NotAnArticle):
    """The page shows something else for now: a wall, a stub, "back soon". It is asked for again while it is news."""


class RobotsForbid(SetAside):
    """The site's robots.txt does not let us fetch this address."""


class AddressRefused(SetAside):
    """A request was not made because its address lies inside."""


class MailRefused(SetAside):
    """The mail server refused this message or this recipient for good."""


class RequestRefused(SetAside):
    """What a person asked for cannot be done as it was asked."""


def reason_of(error: BaseException) -> str:
    """Give one line for a person: the reason an error of ours carries, else its text."""
    reason = getattr(error, "reason", None)
    return reason if isinstance(reason, str) else str(error)[:200] or error.__class__.__name__


class StopNow(WatchwordError):
    """Nothing sensible can go on; the text tells a person what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the configuration.

    file     the TOML file's path as the user gave it
    line     1-based line, 0 if it cannot be told
    where    dotted path of the field, such as ``source[2] "harbour".every``
    problem  what is wrong and what to write instead
    """

    file: str
    line: int
    where: str
    problem: str

    def __str__(self) -> str:
        spot = f"{self.file}:{self.line}" if self.line else self.file
        return f"{spot}: {self.where}: {self.problem}" if self.where else f"{spot}: {self.problem}"


class ConfigFaulty(StopNow):
    """The configuration has faults; ``faults`` lists every one of them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class DatabaseUnusable(StopNow):
    """The database file cannot be used; the text says why and what to do."""


class AlreadyRunning(StopNow):
    """Another process of ours holds this database; the text names it."""


class QuerySyntaxError(ValueError):
    """A watch query that cannot be read.

    message   what is wrong, for the person who wrote it
    query     the query as written
    position  0-based index of the first character that cannot be read
    repair    a query that would be read, or None
    """

    def __init__(
        self, message: str, *, query: str, position: int, repair: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.query = query
        self.position = position
        self.repair = repair

    def pointed(self) -> str:
        """Give message, query, caret and repair as lines for a terminal."""
        lines = [self.message, f"  {self.query}", f"  {' ' * self.position}^"]
        if self.repair:
            lines.append(f"  try: {self.repair}")
        return "\n".join(lines)
