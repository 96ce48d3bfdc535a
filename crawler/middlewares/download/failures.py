"""Why a request failed, in one line for a person. No other file reads the errors of Scrapy and Twisted."""

from collections.abc import Iterator

from OpenSSL import SSL
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from service_identity import VerificationError
from twisted.internet import error as twisted_errors
from twisted.python.failure import Failure

from crawler.errors import AddressRefused, FetchFailed, ProxyFailed, RobotsForbid, WatchwordError
from crawler.middlewares.scrapy_internals import ParseError, ResponseFailed, ResponseNeverReceived
from crawler.model.proxy import Proxy
from crawler.model.visit import NO_NETWORK
from crawler.text.lines import clean_line
from crawler.text.web.http import printable_address

TOO_LARGE = "the answer was larger than [fetch] max_size allows"
BROKE_OFF = "the answer broke off before its end"
TOO_MANY_REDIRECTS = "it redirects too often"
_NO_HTTP = "the answer is not HTTP"


class RedirectsTooMany(FetchFailed):
    """An address redirects more than five times."""


class HeadersTooLarge(Exception):
    """An answer's headers exceed the limits of answer_parser.py."""

    def __str__(self) -> str:
        return "the answer's headers were larger than 256 KB or had more than 500 lines"


class NoHttp(Exception):
    """An answer is not HTTP."""


class CertificateRefused(Exception):
    """A certificate is not accepted; the text is the whole sentence."""


class ProxyFault(Exception):
    """A request failed at the proxy and not at the site; the text is the whole sentence.

    is_down  no site can be reached through the proxy now; False if it refuses only this one
    """

    def __init__(self, sentence: str, *, is_down: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_down = is_down


# the first that fits the error or one of its causes counts; the order matters, as some classes are superclasses of earlier ones
_SENTENCES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((NoHttp, ParseError), _NO_HTTP),
    ((CannotResolveHostError, twisted_errors.DNSLookupError), f"the host name cannot be resolved {NO_NETWORK}no such host)"),
    ((DownloadConnectionRefusedError, twisted_errors.ConnectionRefusedError), "the connection was refused"),
    ((DownloadTimeoutError,), "no complete answer came in time"),
    ((twisted_errors.TimeoutError, twisted_errors.TCPTimedOutError), "no connection was made in time"),
    ((DownloadCancelledError,), TOO_LARGE),
    ((ResponseDataLossError,), BROKE_OFF),
    ((twisted_errors.NoRouteError, twisted_errors.UnknownHostError), f"the host cannot be reached {NO_NETWORK}none of its kind)"),
    ((ResponseNeverReceived,), "the server closed the connection without an answer"),
    ((ResponseFailed, twisted_errors.ConnectionClosed), BROKE_OFF),
    ((twisted_errors.ConnectError, OSError), "the server could not be connected to"),
    ((UnsupportedURLSchemeError,), "its address is neither http nor https"),
)  # fmt: skip


class TrueReasons:
    """Downloader middleware that turns errors of Scrapy and Twisted into ours, with the cause and a redirect's target."""

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Raise our error in place of theirs: FetchFailed or ProxyFailed, or an error of ours with the redirect's target."""
        target = request.url if request.meta.get("redirect_times") else None
        if not isinstance(exception, WatchwordError):
            raise _name_error(exception, request, target) from exception
        if isinstance(exception, ProxyFailed):
            reason = exception.reason + _describe_target(target)
            raise ProxyFailed(reason, url=request.url, is_down=exception.is_down)
        if target is not None and isinstance(exception, RobotsForbid | AddressRefused):
            raise type(exception)(exception.reason + _describe_target(target)) from exception
        if target is not None and isinstance(exception, FetchFailed):
            reason = exception.reason + _describe_target(target)
            raise FetchFailed(reason, url=request.url, http_status=exception.http_status)


def _name_error(exception: Exception, request: Request, target: str | None) -> FetchFailed:
    """Return our error for one of Scrapy's or Twisted's."""
    fault = next((cause for cause in _causes(exception) if isinstance(cause, ProxyFault)), None)
    if fault is not None:
        reason = fault.sentence + _describe_target(target)
        return ProxyFailed(reason, url=request.url, is_down=fault.is_down)
    proxy = request.meta.get("via_proxy")
    by_proxy = f" (asked through the proxy {proxy.place})" if isinstance(proxy, Proxy) else ""
    return FetchFailed(
        explain_error(exception) + by_proxy + _describe_target(target), url=request.url
    )


def _describe_target(url: str | None) -> str:
    """Return where a redirect led, for the end of a sentence; empty if there was none."""
    return f" (it redirects to {printable_address(url)})" if url else ""


def explain_error(error: BaseException) -> str:
    """Return the cause of a failed request in a sentence, never a program's own text."""
    causes = tuple(_causes(error))
    for cause in causes:
        sentence = _explain_cause(cause)
        if sentence:
            return sentence
    for kinds, sentence in _SENTENCES:
        if any(isinstance(cause, kinds) for cause in causes):
            return sentence
    return f"the server's answer cannot be read ({type(causes[-1]).__name__})"


def _explain_cause(cause: BaseException) -> str | None:
    """Return the sentence for a cause that is more exact than Scrapy's error, else None."""
    if isinstance(cause, HeadersTooLarge):
        return str(cause)
    if isinstance(cause, CertificateRefused):
        return str(cause)
    if isinstance(cause, VerificationError):
        return "the certificate was not accepted: it is issued for another name"
    if isinstance(cause, SSL.Error):
        return f"no encrypted connection could be made: {_describe_ssl_error(cause)}"
    return None


def is_certificate_fault(error: BaseException) -> bool:
    """Return whether a request failed because the server's certificate was not accepted."""
    return any(isinstance(cause, CertificateRefused) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, outermost first; Twisted keeps causes in lists of Failures."""
    yield error
    # ResponseFailed and its kind
    for reason in getattr(error, "reasons", ()):
        if isinstance(reason, Failure) and reason.value is not None:
            yield from _causes(reason.value)
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _describe_ssl_error(error: SSL.Error) -> str:
    """Return OpenSSL's reason; its errors are lists of (library, function, reason)."""
    found = error.args[0] if error.args else ()
    if isinstance(found, list | tuple) and found and isinstance(found[-1], tuple):
        return clean_line(str(found[-1][-1]), max_characters=200)
    return "the server closed it"
