"""Reading addresses as people paste them and lists hold them: ``feed://…``, ``feed:https://…``, without a scheme."""

import re
from urllib.parse import urlsplit

from crawler.text.web.urls import MAX_LENGTH

# schemes that open a feed reader and mean http unless another scheme follows (feed URI scheme, 2003; iTunes; podcast apps)
_READERS = re.compile(
    r"(?:feeds?|rss|atom|itpc|pcasts?|podcasts?|itms-pcasts?|itms-podcasts?|view-source):(?://)?",
    re.IGNORECASE,
)
# browsers take any number of slashes, and backslashes for slashes (WHATWG URL)
_WEB = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
# "example.org:8080" is a host and a port, not a scheme
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
# schemes that people copy from a page; none of them leads to a feed
_NOT_THE_WEB = re.compile(
    r"(?:mailto|javascript|data|tel|sms|xmpp|acct|magnet|urn|tag|about|blob|file|ftp|cid|geo):",
    re.IGNORECASE,
)
# a name in any script, or IPv6
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+", re.IGNORECASE)
# blanks, quotes and invisible characters that come along when an address is copied
_AROUND = " \t\r\n\f\v<>\"'\ufeff\u200b\u200e\u200f\u2060\xa0"


def read_pasted(text: str) -> str | None:
    """Return the http(s) address that a person means; None if the text is no address.

    Without a scheme it is https; with ``feed:`` alone it is http, unless it has a login, which must not be sent unencrypted.
    """
    # browsers drop tabs and line ends from addresses (WHATWG URL), and so do we, because mails wrap long ones; twice the
    # longest address leaves room for them
    rest = re.sub(r"[\t\r\n]", "", text[: 2 * MAX_LENGTH].strip(_AROUND))
    is_feed = False
    # such schemes may be stacked ("view-source:feed:https://..."); more than three are no address
    for _ in range(3):
        found = _READERS.match(rest)
        if found is None:
            break
        is_feed, rest = True, rest[found.end() :]
    url = _add_scheme(rest, is_feed=is_feed)
    return url if url is not None and _is_sound(url) else None


def _add_scheme(rest: str, *, is_feed: bool) -> str | None:
    web = _WEB.match(rest)
    if web is not None:
        return f"{web[1].lower()}://{rest[web.end() :]}"
    rest = rest.removeprefix("//")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    has_login = "@" in authority
    if _NOT_THE_WEB.match(rest) or (not has_login and _OTHER_SCHEME.match(authority)):
        return None
    # a single word is a name or a typing mistake, not a host
    if "." not in authority and authority == rest and not re.search(r":\d+$|^localhost$", rest):
        return None
    return f"{'http' if is_feed and not has_login else 'https'}://{rest}"


def _is_sound(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return len(url) <= MAX_LENGTH and _HOST.fullmatch(parts.hostname or "") is not None
