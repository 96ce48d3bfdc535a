"""Why a request failed, in one line for a person."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from twisted.python.failure import Failure

from crawler.errors import AddressRefused

_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (CannotResolveHostError, "the host name cannot be resolved (no network, or no such host)"),
    (DownloadConnectionRefusedError, "the connection was refused"),
    (DownloadTimeoutError, "no complete answer came in time"),
    (DownloadCancelledError, "the answer was larger than [fetch] max_size allows"),
    (ResponseDataLossError, "the answer broke off before its end"),
)


def explain_failure(failure: Failure) -> str:
    """Name the cause of a failed request."""
    error = failure.value
    if isinstance(error, AddressRefused):
        return error.reason
    if isinstance(error, IgnoreRequest):
        return "robots.txt forbids it" if "robots.txt" in str(error) else str(error)
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return sentence
    detail = str(error).strip()[:200] or error.__class__.__name__
    if isinstance(error, DownloadFailedError):
        return f"the connection failed: {detail}"
    return f"it could not be fetched: {detail}"


def is_final(failure: Failure) -> bool:
    """Tell whether another try can never end differently."""
    return isinstance(failure.value, IgnoreRequest | AddressRefused)


def explain_status(status: int) -> str:
    """Say what an HTTP status other than success means for us."""
    meanings = {
        401: "a login is wanted",
        403: "the server refuses us",
        404: "there is nothing at this address",
        410: "it is gone for good",
        429: "the server says we come too often",
        451: "it is blocked for legal reasons",
        503: "the server is overloaded or in maintenance",
    }
    general = "the server failed" if status >= 500 else "the request was refused"
    return f"HTTP {status}: {meanings.get(status, general)}"
