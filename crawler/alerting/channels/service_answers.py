"""What a service answered, read from the log of Apprise and its HTTP library.

Apprise itself only returns yes or no. The status is in urllib3's log, and the service's words are in Apprise's own, together
with addresses and keys; these are removed here, in the only process that knows them.
"""

import base64
import http
import json
import logging
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from crawler.text.lines import clean_line, strip_markup

# RFC 9110, 15.5.8: only a proxy answers this
PROXY_WANTS_LOGIN = 407
# records of one message and characters of each: a plug-in that logs without end must not use up memory
_MOST_RECORDS = 400
_MOST_CHARACTERS = 4000
# characters: as much of a reason as a status report shows
_MOST_REASON = 160
# shorter parts of an address are no secrets: "me", "no", "v1"
_SHORTEST_SECRET = 3
# urllib3 logs '%s://%s:%s "%s %s %s" %s %s': the seventh of eight values is the status
_URLLIB3_VALUES, _STATUS_PLACE = 8, 6
# as Apprise's plug-ins log a refusal: "Failed to send ...: error=422"
_STATED_STATUS = re.compile(r"\berror=(\d{3})\b")
# and the service's own answer, in a record after it
_DETAILS = re.compile(r"^Response Details:\s*(.*)", re.DOTALL)
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
# a service's key: at least 20 characters with both digits and ASCII letters; words have no digits
_KEY = re.compile(r"(?=[\w+/=.-]*\d)(?=[\w+/=.-]*[A-Za-z])[\w+/=.-]{20,}")
# as plug-ins log a success, one for each recipient
_SENT = re.compile(r"^Sent\b")
_WORDS = ("error_description", "error", "message", "description", "detail", "reason", "errors")
_PROXY_REFUSES = "the proxy wants a login, or another one"
# words in lower case, and what they mean; the first that is found counts, so the proxy's come before "refused"
_TROUBLES = (
    ("tunnel connection failed: 407", _PROXY_REFUSES),
    ("tunnel connection failed", "the proxy does not let us through"),
    ("unable to connect to proxy", "the proxy cannot be reached"),
    ("refused", "the connection was refused"),
    ("timed out", "no answer in time"),
    ("certificate", "its certificate is not trusted"),
    ("resolve", "its host name cannot be resolved"),
    ("name or service", "its host name cannot be resolved"),
    ("reset", "it closed the connection"),
    ("aborted", "it closed the connection"),
    ("unreachable", "the network cannot be reached"),
)
# the length in sentences such as "Validation failed: Text character limit of 500 exceeded" or "Must be 2000 or fewer"
_LENGTH = re.compile(r"(?:limit of|max(?:imum)?(?: of| is|:)?|at most|up to)\s+(\d{2,6})", re.I)
_OR_FEWER = re.compile(r"(\d{2,6})\s+(?:or fewer|or less|characters|bytes|chars)", re.I)


class Listener(logging.Handler):
    """Log handler that keeps the last 400 records of one message."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._records: list[tuple[int, str, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as level, text and HTTP status, 0 for none."""
        if len(self._records) >= _MOST_RECORDS:
            del self._records[0]
        text = record.getMessage()[:_MOST_CHARACTERS]
        self._records.append((record.levelno, text, _find_status(record, text)))

    def clear(self) -> None:
        """Forget all records."""
        self._records.clear()

    @property
    def is_partial(self) -> bool:
        """Return whether at least one recipient got the message."""
        return any(level == logging.INFO and _SENT.match(text) for level, text, _ in self._records)

    @property
    def status(self) -> int:
        """Return the last status that is not a success, else the last one; 0 for none."""
        stated = [status for _, _, status in self._records if status]
        return next((one for one in reversed(stated) if one >= 300), stated[-1] if stated else 0)

    @property
    def success(self) -> int:
        """Return the last status that is a success, 0 for none."""
        stated = [status for _, _, status in self._records if 200 <= status < 300]
        return stated[-1] if stated else 0

    def explain(self) -> str:
        """Return why the message was not accepted, in the service's words or ours; secrets are not removed yet."""
        texts = [text for _, text, _ in self._records]
        if self.status == PROXY_WANTS_LOGIN:  # only proxies answer 407
            return _PROXY_REFUSES
        for text in reversed(texts):
            details = _DETAILS.match(text)
            if details and (words := _read_details(details[1])):
                return words
        if self.status >= 300:
            return http.HTTPStatus(self.status).phrase if self.status in _PHRASES else ""
        logged = " ".join(texts).lower()
        trouble = next((words for sign, words in _TROUBLES if sign in logged), "")
        warnings = [text for level, text, _ in self._records if level >= logging.WARNING]
        return trouble or (warnings[-1] if warnings else "")


# the statuses that have a phrase, which stands for a missing reason
_PHRASES = frozenset(int(status) for status in http.HTTPStatus)


def _find_status(record: logging.LogRecord, text: str) -> int:
    if record.name.startswith("urllib3") and isinstance(record.args, tuple):
        status = record.args[_STATUS_PLACE] if len(record.args) == _URLLIB3_VALUES else 0
        return status if isinstance(status, int) else 0
    stated = _STATED_STATUS.search(text) if record.name.startswith("apprise") else None
    return int(stated[1]) if stated else 0


def _read_details(text: str) -> str:
    """Return the words of an answer's body, which Apprise logs like ``b'{"error": "too long"}'``."""
    if text[:2] in {"b'", 'b"'}:
        # unescaped by hand: a text from the network is never evaluated
        text = text[2:].rstrip().removesuffix(text[1])
        raw = re.sub(
            r"\\x([0-9a-f]{2})|\\([nrt'\"\\])",
            lambda found: chr(int(found[1], 16)) if found[1] else _ESCAPES[found[2]],
            text,
        )
        text = raw.encode("latin-1", "replace").decode("utf-8", "replace")
    try:
        words = list(_find_words(json.loads(text)))
    except (ValueError, RecursionError):
        return strip_markup(text.strip().partition("\n")[0], max_characters=_MOST_REASON)
    return clean_line("; ".join(dict.fromkeys(words)), max_characters=2 * _MOST_REASON)


# the escapes in the repr of bytes that Apprise logs; other bytes are written as \xNN there
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", '"': '"', "\\": "\\"}


def _find_words(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the sentences in a JSON answer: those under the usual names, or if there are none, of its first ten values.

    An answer may be of any size and depth: six levels, five items of a list and ten values are enough for a reason.
    """
    if depth > 6:
        return
    if isinstance(value, str) and depth and not value.isdecimal():
        yield clean_line(value, max_characters=_MOST_REASON)
    elif isinstance(value, list):
        for one in value[:5]:
            yield from _find_words(one, depth + 1)
    elif isinstance(value, dict):
        known = [name for name in _WORDS if name in value]
        for name in known or list(value)[:10]:
            yield from _find_words(value[name], depth + 1)


def find_length(reason: str) -> int:
    """Return the length that a service accepts by its own words, 0 if they name none."""
    found = _LENGTH.search(reason) or _OR_FEWER.search(reason)
    return int(found[1]) if found else 0


def clean_reason(reason: str, secrets: Iterable[str]) -> str:
    """Return a reason as one short line, without any part of an address and without keys."""
    line = _ADDRESS.sub("\u2026", clean_line(reason, max_characters=2 * _MOST_REASON))
    for secret in secrets:
        line = re.sub(re.escape(secret), "\u2026", line, flags=re.IGNORECASE)
    line = re.sub(r"\u2026(?:[\s:/@&?=,.-]*\u2026)+", "\u2026", _KEY.sub("\u2026", line))
    return clean_line(line, max_characters=_MOST_REASON).strip(" ,;:")


def list_secrets(*urls: str) -> tuple[str, ...]:
    """Return the parts of addresses that must not be shown, as written and decoded, longest first."""
    found = set[str]()
    for url in urls:
        found |= {url, *_list_parts(url)}
    forms = {
        form
        for part in found
        for form in (part, unquote(part), unquote_plus(part), quote(unquote(part), safe=""))
    }
    wanted = (form for form in forms if len(form) >= _SHORTEST_SECRET)
    return tuple(sorted(wanted, key=len, reverse=True))


def _list_parts(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        yield from re.split(r"[/@:?&=,\s]+", url)
        return
    yield from (parts.netloc, parts.path, parts.query, parts.fragment)
    login = parts.netloc.rpartition("@")[0]
    yield login
    yield base64.b64encode(unquote(login).encode()).decode()
    rest = url.partition("://")[2]
    yield from (part for part in re.split(r"[/@:?&=,#\s]+", rest) if part not in _PLAIN)


# settings in Apprise's addresses that also occur in our own sentences, and are no secrets
_PLAIN = frozenset(
    [
        "yes",
        "no",
        "true",
        "false",
        "text",
        "html",
        "markdown",
        "split",
        "truncate",
        "upstream",
        "overflow",
        "format",
    ]
)
