"""Why a request failed, in one line for a person: ours is the only place that knows Scrapy's errors."""

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

from crawler.errors import FetchFailed, WatchwordError

_SENTENCES: tuple[tuple[type[Exception], str], ...] = (
    (CannotResolveHostError, "the host name cannot be resolved (no network, or no such host)"),
    (DownloadConnectionRefusedError, "the connection was refused"),
    (DownloadTimeoutError, "no complete answer came in time"),
    (DownloadCancelledError, "the answer was larger than [fetch] max_size allows"),
    (ResponseDataLossError, "the answer broke off before its end"),
)


class TrueReasons:
    """Turns what Scrapy and Twisted raise into errors of ours that say why."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Put our error in the place of theirs; raises FetchFailed, and leaves alone what is ours already."""
        if isinstance(exception, WatchwordError | IgnoreRequest):
            return
        raise FetchFailed(explain_error(exception), url=request.url) from exception


def explain_error(error: Exception) -> str:
    """Name the cause of a failed request."""
    for kind, sentence in _SENTENCES:
        if isinstance(error, kind):
            return sentence
    detail = str(error).strip().partition("\n")[0][:200] or error.__class__.__name__
    if isinstance(error, DownloadFailedError):
        return f"the connection failed: {detail}"
    return f"it could not be fetched: {detail}"
