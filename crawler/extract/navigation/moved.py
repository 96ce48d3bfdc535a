"""Detecting pages that do nothing but lead to another one: by a refresh, or by a single assignment to ``location``.

Feeds that moved, links in alert mails and short links use such pages. Browsers follow them. They are followed here only
if they have little text, so that an article that reloads itself stays an article.
"""

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urldefrag, urljoin, urlsplit

from crawler.extract.navigation.markup import Markup, read_markup
from crawler.text.normalize import tokenize

# a redirect waits for seconds; a page that reloads after a minute is a ticker
AT_MOST = timedelta(seconds=10)
# a page that only leads on has fewer, even with the style sheet of its site in it
_MOST_BYTES = 200_000
# room for "If you are not redirected automatically, follow this link to ..." in three languages
_MOST_WORDS = 60
_MOST_CHARACTERS = 1000
# a longer script is a program with conditions of its own, so its assignments do not count
_MOST_SCRIPT_CHARACTERS = 5000
# characters of an address; a longer one is not followed
_LONGEST_TARGET = 2000
# "5; url=/new", with the separators that the HTML standard and the browsers accept
_REFRESH = re.compile(
    r"[\s]*([0-9]{0,9})[0-9.]*[\s]*(?:[;,\s][\s]*(?:url[\s]{0,9}=[\s]{0,9})?(.*))?",
    re.IGNORECASE | re.DOTALL,
)
# a page without any of these, in lower case, cannot lead on. The words "refresh" and "location" alone are in half of all pages
_HINTS = (b"<frame", b"new-feed-url", b"<newlocation")
# each begins with a word that is searched for as fast as a plain one
_HINTING = (
    re.compile(rb"http-equiv\s{0,20}=\s{0,20}[\"']?\s*refresh"),
    re.compile(
        rb"location\s{0,9}(?:(?:\.\s{0,9}href\s{0,9})?=(?!=)|\.\s{0,9}(?:replace|assign)\s{0,9}\()"
    ),
)
# JSON, XML and feeds, which a browser does not run: what looks like a refresh in them is text
_NO_PAGE = re.compile(
    rb"\s*(?:[\[{]|<\?xml|<(?:rss|feed|rdf|urlset|sitemapindex|opml)\b)", re.IGNORECASE
)
# XHTML begins like XML and is a page all the same
_XHTML = re.compile(rb"<html\b", re.IGNORECASE)
# location = "...", window.location.href = "...", location.replace("..."); not if the literal goes on with "+" or "."
_ASSIGNMENT = re.compile(
    r"(?<![\w$.])(?:(?:window|document|self|top|parent|this)\s{0,9}\.\s{0,9}){0,3}location\s{0,9}"
    r"(?:(?:\.\s{0,9}href\s{0,9})?=\s{0,9}|\.\s{0,9}(?:replace|assign)\s{0,9}\(\s{0,9})"
    r"""(?:"((?:[^"\\\n]|\\.){1,2000})"|'((?:[^'\\\n]|\\.){1,2000})')\s{0,9}(?![\s+.?\w])"""
)
# signs of a script that leads on only under a condition, such as a click
_DECIDES = re.compile(
    r"(?<![\w$])(?:if|switch|confirm|onclick|addEventListener)\s*\(|\bonclick\s*=|\?[^\n]{0,200}:"
)
# var to = "/new";
_NAMED = re.compile(
    r"""(?<![\w$.])(?:var|let|const)\s{1,9}([\w$]{1,40})\s{0,9}=\s{0,9}("(?:[^"\\\n]|\\.){1,2000}"|'(?:[^'\\\n]|\\.){1,2000}')\s{0,9}[;\n]"""
)
# the part of an assignment before its literal
_LEADS_TO = (
    r"(location\s{0,9}(?:(?:\.\s{0,9}href\s{0,9})?=|\.\s{0,9}(?:replace|assign)\s{0,9}\()\s{0,9})"
)
# variables of one script that are replaced; each costs a pass over the script
_MOST_NAMES = 20
# how RSS feeds stated that they had moved before feed readers followed redirects (Winer, 2002)
_NOTE = re.compile(
    rb"\s*(?:<\?xml[^<>]{0,200}>\s*)?<redirect>\s*<newLocation>([^<>]{1,2000})</newLocation>",
    re.IGNORECASE,
)
# how podcasts state it (itunes:new-feed-url); while a feed still lists entries, it is read where it is
_NEW_FEED = re.compile(
    rb"<(?:\w{1,20}:)?new-feed-url\s*>\s*(?:<!\[CDATA\[)?\s*([^<>\s\]]{1,2000})", re.IGNORECASE
)
_ENTRY = re.compile(rb"<(?:\w{1,20}:)?(?:item|entry)[\s/>]", re.IGNORECASE)
# bytes that were not UTF-8, as "surrogateescape" keeps them
_RAW_BYTE = re.compile("[\udc80-\udcff]")
# escapes in a string of JavaScript
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The page that another one leads to.

    url    absolute; may have any scheme, or be the page's own address
    after  how long a browser waits before it follows
    """

    url: str
    after: timedelta

    @property
    def is_prompt(self) -> bool:
        """Return whether it leads to an http(s) address within 10 s, and so is not a page that reloads now and then."""
        return self.after <= AT_MOST and urlsplit(self.url).scheme in {"http", "https"}


def find_moved(
    body: bytes, *, url: str, refresh: str = "", may_reload: bool = False
) -> Moved | None:
    """Return the page that an answer leads to, if it does nothing else.

    body        as received; a page of more than 200,000 bytes does something else
    url         the page's own address
    refresh     the HTTP header of that name, may be empty
    may_reload  it may lead to itself, because it sets a cookie that has to be sent back
    returns     None for a page with text of its own, for one that reloads itself, and if it has two targets
    """
    if len(body) > _MOST_BYTES:
        return None
    lowered = body.lower()
    if not refresh and not _may_lead_on(lowered):
        return None
    # the note has no HTML around it, so it is looked for first
    note = _NOTE.match(body)
    if note is None and b"new-feed-url" in lowered and not _ENTRY.search(body):
        note = _NEW_FEED.search(body)
    if note is not None:
        target = _resolve(html.unescape(note[1].decode("utf-8", "replace")), base="", url=url)
        return Moved(url=target, after=timedelta(0)) if target else None
    if _is_no_page(body):
        return None
    page = body.decode("utf-8", "surrogateescape")
    markup = read_markup(page, most_characters=_MOST_CHARACTERS)
    if markup is None or _shows_text(markup):
        return None
    moved = _find_target(markup, url=url, refresh=refresh)
    is_reload = may_reload and any(
        _reloads(content, url) for content in (refresh, *markup.refreshes)
    )
    return moved or (Moved(url=url, after=timedelta(0)) if is_reload else None)


def _may_lead_on(lowered: bytes) -> bool:
    """Return whether a page, in lower case, may lead on; all pages pass here, on their way through the crawl process."""
    return any(hint in lowered for hint in _HINTS) or any(one.search(lowered) for one in _HINTING)


def _shows_text(markup: Markup) -> bool:
    return len(markup.text) > _MOST_CHARACTERS or len(tokenize(markup.text)) > _MOST_WORDS


def _find_target(markup: Markup, *, url: str, refresh: str) -> Moved | None:
    # the surest first: a refresh leads on in any browser, a script only if it is run; noscript counts because none is here
    for found in (
        _from_refresh([refresh]),
        _from_refresh(markup.refreshes),
        _from_scripts(markup),
        _from_refresh(markup.noscript_refreshes),
        _from_frames(markup.frames),
    ):
        target = _resolve(found[0], base=markup.base, url=url) if found else None
        if found is not None and target is not None:
            return Moved(url=target, after=found[1])
    return None


def _reloads(content: str, url: str) -> bool:
    """Return whether a refresh makes a browser request the same page again within 10 s."""
    read = read_refresh(content)
    if read is None:
        # browsers read the digits before the first point (HTML standard, 4.2.5.3): ``1..5`` is one second
        bare = re.fullmatch(r"\s*([0-9]{1,9})[0-9.]{0,9}\s*[;,]?\s*", content)
        return bare is not None and timedelta(seconds=int(bare[1])) <= AT_MOST
    return read[1] <= AT_MOST and urldefrag(urljoin(url, read[0]))[0] == urldefrag(url)[0]


def _from_frames(frames: list[str]) -> tuple[str, timedelta] | None:
    """Return the one page that a frame shows in place of this one, as on "forwarded" domains; None if there is none."""
    found = {src for src in frames if src and not src.lower().startswith(("about:", "javascript:"))}
    return (found.pop(), timedelta(0)) if len(found) == 1 else None


def _is_no_page(body: bytes) -> bool:
    start = body[:1000].lstrip(b"\xef\xbb\xbf")
    return _NO_PAGE.match(start) is not None and not _XHTML.search(start)


def _from_refresh(stated: list[str]) -> tuple[str, timedelta] | None:
    """Return the one target that refreshes name, and the wait before it; None if they name several or none."""
    found: dict[str, timedelta] = {}
    for content in stated:
        read = read_refresh(content)
        if read is not None:
            found.setdefault(*read)
    return next(iter(found.items())) if len(found) == 1 else None


def read_refresh(content: str) -> tuple[str, timedelta] | None:
    """Return target and wait of a refresh such as ``0; URL='/new'``; None if it names no target.

    Source: the HTML standard, "shared declarative refresh steps", and what browsers accept beyond it.
    """
    # room for the wait and "url=" before the longest target
    read = _REFRESH.fullmatch(content[: _LONGEST_TARGET + 100])
    if read is None or not read[2]:
        return None
    target = read[2].strip()
    if target[:1] in {'"', "'"}:
        target = target[1:].partition(target[0])[0]
    target = target.strip()
    return (target, timedelta(seconds=int(read[1] or 0))) if target else None


def _from_scripts(markup: Markup) -> tuple[str, timedelta] | None:
    """Return the one address that a page's scripts lead to, without a wait; None if there are several or conditions."""
    found: set[str] = set()
    for written in markup.scripts:
        script = _put_in_names(written)
        if _ASSIGNMENT.search(script) is None:
            continue
        if len(script) > _MOST_SCRIPT_CHARACTERS or _DECIDES.search(script):
            return None
        for assignment in _ASSIGNMENT.finditer(script):
            if not _is_commented_out(script, assignment.start()):
                found.add(_unescape(assignment[1] or assignment[2]))
    if len(found) != 1:
        return None
    target = found.pop().strip()
    # a word without slash, dot or question mark is the name of a variable or a message
    looks_like_one = not re.search(r"\s", target) and re.search(r"[/.?]", target)
    return (target, timedelta(0)) if looks_like_one else None


def _put_in_names(script: str) -> str:
    """Return a script in which assigned variables are replaced by their literals: ``var to = "/new"; location = to``.

    A variable that is assigned twice stays: which of its values counts is unknown.
    """
    if len(script) > _MOST_SCRIPT_CHARACTERS:
        return script
    for name, literal in _NAMED.findall(script)[:_MOST_NAMES]:
        if len(re.findall(rf"(?<![\w$.]){re.escape(name)}\s{{0,9}}=(?!=)", script)) != 1:
            continue
        use = re.compile(_LEADS_TO + re.escape(name) + r"(?=\s{0,9}(?:[;)}\n]|$))")
        script = use.sub(lambda found, literal=literal: found[1] + literal, script)  # type: ignore[misc]  # bound at once
    return script


def _is_commented_out(script: str, at: int) -> bool:
    line = script[script.rfind("\n", 0, at) + 1 : at]
    return re.search(r"(?<!:)//", line) is not None or script.rfind("/*", 0, at) > script.rfind(
        "*/", 0, at
    )


def _unescape(text: str) -> str:
    return _ESCAPE.sub(
        lambda found: chr(int(found[1] or found[2], 16)) if found[1] or found[2] else found[3], text
    )


def _resolve(target: str, *, base: str, url: str) -> str | None:
    """Return a target as an absolute address; None if it cannot be one, or is the page itself."""
    # browsers drop line ends within an address, and read a backslash as a slash
    plain = re.sub(r"[\t\r\n]", "", target)
    if not plain or len(plain) > _LONGEST_TARGET:
        return None
    try:
        resolved = urljoin(urljoin(url, base) if base else url, plain.replace("\\", "/"))
        parts = urlsplit(resolved)
        is_web = parts.scheme in {"http", "https"}
        is_itself = urldefrag(resolved)[0] == urldefrag(url)[0]
    except ValueError:
        return None
    if (is_web and not parts.hostname) or is_itself:
        return None
    # bytes that are not UTF-8 are escaped one by one, as the server expects them
    return _RAW_BYTE.sub(lambda byte: f"%{ord(byte[0]) - 0xDC00:02X}", resolved)
