"""Every error of ours, named for what the caller does next.

WatchwordError
├── RetryLater          the same thing may work later: source down, database busy, mail deferred
│   ├── FetchFailed         a source or page could not be fetched
│   │   └── ProxyFailed         the proxy failed; nothing is known of the site
│   ├── HostThrottled       the host asked to be left alone for a while
│   ├── VisitOver           the visit was abandoned, or its source changed: its results no longer count
│   ├── Overtaken           the database holds a newer configuration than this one
│   ├── StorageUnavailable  the database was closed while work waited for its disk, lock or file
│   ├── CarrierUnavailable  what takes bundles to workers does not answer: its database, or the network to it, is down
│   ├── BackupFailed        a backup could not be written, or a file is not a whole one
│   ├── ArchiveFailed       an archive file, or a page in one, cannot be written or read now
│   ├── RequestInterrupted  the crawl process ended before it had answered a request
│   ├── ParseInterrupted    the process that read the page died or was too slow
│   ├── ParsePostponed      the source has used up its share of reading, or no process is available
│   └── MailDeferred        the mail server said "not now"
│       └── TransportDown          not about this message: the server, or the network to it, is down
├── SetAside            this one page or message can never work; record it where a person sees it
│   ├── NotAFeed            the answer is not a feed
│   ├── NotAnArticle        the page holds no article
│   │   ├── NoText           it shows no text
│   │   └── NotYet           it shows something else for now: a wall
│   ├── RobotsForbid        robots.txt disallows the address
│   ├── AddressRefused      the address lies on this machine or a private network
│   ├── MailRefused         the mail server said "never"
│   └── RequestRefused      what a person asked for cannot be done; carries the reason
└── StopNow             the program cannot go on: configuration, schema, disk, a second daemon
    ├── ConfigFaulty        the configuration has faults; carries all of them
    ├── DatabaseUnusable    the file is missing, foreign, newer than this program, or not writable
    └── AlreadyRunning      another process holds the database
QuerySyntaxError (a ValueError): a watch query that cannot be read; reading the configuration turns it into a fault
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.logs.masks import mask_secrets

# characters of an error's text that are looked at for what must be masked
_MOST_LOOKED_AT = 20_000


class WatchwordError(Exception):
    """Root of the error tree.

    exit_code  exit code of a command that ends with this error
    """

    exit_code = 1


class RetryLater(WatchwordError):
    """Try the same thing again later."""


class FetchFailed(RetryLater):
    """A source or a page could not be fetched.

    url          the address that was requested
    reason       one line for a person, naming the true cause
    http_status  status of the answer, None if there was no answer
    """

    def __init__(self, reason: str, *, url: str, http_status: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.url = url
        self.http_status = http_status


class ProxyFailed(FetchFailed):
    """The proxy failed. Nothing is known about the site, so this is not counted as a failure of the site.

    is_down  no site can be reached through the proxy now; False if it refuses only this one
    """

    def __init__(self, reason: str, *, url: str, is_down: bool = False) -> None:
        super().__init__(reason, url=url)
        self.is_down = is_down


class HostThrottled(RetryLater):
    """The host asked to be left alone: nothing is requested from it before ``until``; ``reason`` is one line for a person."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class VisitOver(RetryLater):
    """A visit no longer counts: its source got another address, or it took too long and was abandoned."""


class Overtaken(RetryLater):
    """The database already holds a newer configuration than the one that was to be applied; it is on its way to this process."""


class StorageUnavailable(RetryLater):
    """The database was closed while work waited for its lock, disk or file; nothing was written.

    reason  one line for a person
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CarrierUnavailable(RetryLater):
    """What takes bundles to workers and brings their notes back does not answer.

    reason  one line for a person
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BackupFailed(RetryLater):
    """A backup could not be written, or a file is not a whole one; the text says why."""


class ArchiveFailed(RetryLater):
    """An archive file, or a page in one, cannot be written or read; the text says why."""


class RequestInterrupted(RetryLater):
    """The crawl process ended before it had answered a request."""


class ParseInterrupted(RetryLater):
    """Reading a page was stopped by the time limit, the memory limit, or the death of the process that read it.

    reason  one line for a person, naming the true cause
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ParsePostponed(RetryLater):
    """A page is not read before ``until``; this does not count as a failed attempt. ``reason`` is one line for a person."""

    def __init__(self, reason: str, *, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class MailDeferred(RetryLater):
    """The mail server, or the network to it, said "not now".

    wait  how long the server asked to be left alone, None if it did not say
    """

    def __init__(self, reason: str, *, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class TransportDown(MailDeferred):
    """Nothing can be sent by this transport for now; pending messages leave once one of them gets through."""


class SetAside(WatchwordError):
    """This page or message can never work as it is: record it and go on with the others.

    reason  one line for a person
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAFeed(SetAside):
    """The bytes are not a feed in any format we read."""


class NotAnArticle(SetAside):
    """The page was read and contains no article."""


class NoText(NotAnArticle):
    """The page shows no text, or hardly any: an app, or a story that begins with its headline."""


class NotYet(NotAnArticle):
    """The page shows something else for now: a wall, a stub, "back soon". It is fetched again while it is news."""


class RobotsForbid(SetAside):
    """The site's robots.txt disallows this address."""


class AddressRefused(SetAside):
    """A request was not made because its address lies on this machine or a private network."""


class MailRefused(SetAside):
    """The mail server refused this message or this recipient for good."""


class RequestRefused(SetAside):
    """What a person asked for cannot be done as asked."""


def reason_of(error: BaseException) -> str:
    """Return one line for a person: the reason an error of ours carries, else its text (at most 200 characters)."""
    reason = getattr(error, "reason", None)
    # it is stored and shown: a site may repeat our login to us, and a redirect may hold one. Masked before it is cut, or the
    # half of a secret would stay
    if isinstance(reason, str):
        return mask_secrets(reason)
    # the text of a library's error may quote a whole answer, and the reason is one line of a listing
    return mask_secrets(str(error)[:_MOST_LOOKED_AT])[:200] or error.__class__.__name__


class StopNow(WatchwordError):
    """The program cannot go on; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with the configuration.

    file     the TOML file's path as the user gave it
    line     1-based line, 0 if unknown
    where    dotted path of the field, such as ``source[2] "harbour".every``
    problem  what is wrong and what to write instead
    """

    file: str
    line: int
    where: str
    problem: str

    def __str__(self) -> str:
        spot = f"{self.file}:{self.line}" if self.line else self.file
        problem = mask_secrets(self.problem)
        return f"{spot}: {self.where}: {problem}" if self.where else f"{spot}: {problem}"


class ConfigFaulty(StopNow):
    """The configuration has faults; ``faults`` lists every one of them."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class DatabaseUnusable(StopNow):
    """The database file cannot be used; the text says why and what to do."""


class AlreadyRunning(StopNow):
    """Another Watchword process holds this database; the text names it."""


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
        """Return message, query, caret and repair as lines for a terminal."""
        lines = [self.message, f"  {self.query}", f"  {' ' * self.position}^"]
        if self.repair:
            lines.append(f"  try: {self.repair}")
        return "\n".join(lines)
