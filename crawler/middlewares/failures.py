"""Why a request failed, in one line for a person: ours is the only place that knows Scrapy's errors."""

from collections.abc import Iterator

from OpenSSL import SSL
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from service_identity import VerificationError
from twisted.python.failure import Failure

from crawler.errors import FetchFailed, WatchwordError

TOO_LARGE = "the answer was larger than [fetch] max_size allows"
_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (CannotResolveHostError, "the host name cannot be resolved (no network, or no such host)"),
    (DownloadConnectionRefusedError, "the connection was refused"),
    (DownloadTimeoutError, "no complete answer came in time"),
    (DownloadCancelledError, TOO_LARGE),
    (ResponseDataLossError, "the answer broke off before its end"),
)


class HeadersTooLarge(Exception):
    """An answer's headers do not end where those of a web page do."""

    def __str__(self) -> str:
        return "the answer's headers were larger than 256 KB or had more than 500 lines"


class CertificateRefused(Exception):
    """A certificate has a fault; the text says which, and begins with "it"."""


class TrueReasons:
    """Turns what Scrapy and Twisted raise into errors of ours that say why."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Put our error in the place of theirs; raises FetchFailed, and leaves alone what is ours already."""
        if isinstance(exception, WatchwordError | IgnoreRequest):
            return
        raise FetchFailed(explain_error(exception), url=request.url) from exception


def explain_error(error: Exception) -> str:
    """Name the cause of a failed request."""
    causes = tuple(_causes(error))
    for cause in causes:
        sentence = _explain_cause(cause)
        if sentence:
            return sentence
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return sentence
    detail = _first_line(causes[-1])
    if isinstance(error, DownloadFailedError):
        return f"the connection failed: {detail}"
    return f"it could not be fetched: {detail}"


def _explain_cause(cause: BaseException) -> str | None:
    """Explain what lies below Scrapy's error, where that says more."""
    if isinstance(cause, HeadersTooLarge):
        return str(cause)
    if isinstance(cause, CertificateRefused):
        return f"the certificate was not accepted: {cause}"
    if isinstance(cause, VerificationError):
        return "the certificate was not accepted: it is made out for another name"
    if isinstance(cause, SSL.Error):
        return f"no encrypted connection came about: {_tell_ssl(cause)}"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, outermost first; Twisted keeps causes in lists of failures."""
    yield error
    for reason in getattr(error, "reasons", ()):
        if isinstance(reason, Failure) and reason.value is not None:
            yield from _causes(reason.value)
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _tell_ssl(error: SSL.Error) -> str:
    """Return OpenSSL's own words; its errors are lists of (library, function, reason)."""
    found = error.args[0] if error.args else ()
    if isinstance(found, list | tuple) and found and isinstance(found[-1], tuple):
        return str(found[-1][-1])
    return "the other side ended it"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200] or error.__class__.__name__
