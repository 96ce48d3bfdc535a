"""Reading the parts of a small page that may lead a browser on to another page.

A single pass that never goes back, so that the time is in proportion to the length of the answer.
"""

import html
import re
from dataclasses import dataclass, field

# tags; a page with more shows something, and is not read to its end
_MOST_TAGS = 1000
# characters: a quote that is never closed must not swallow the page, and an address of 2,000 characters must fit
_LONGEST_TAG = 2500
# all repetitions are bounded but those up to a quote, which stop at the end of the tag
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30})")
_ATTRIBUTE = re.compile(
    r"""([a-zA-Z][a-zA-Z:_-]{0,30})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
)
# elements whose content is not shown
_UNSEEN = frozenset({"script", "style", "title", "textarea", "template", "svg", "iframe"})
# where the content of such an element ends
_CLOSE = {name: re.compile(f"</{name}", re.IGNORECASE | re.ASCII) for name in _UNSEEN}
# where a tag may end, or a quote open
_STOP = re.compile(r"[\"'>]")
# types of scripts that hold data, which a browser does not run
_DATA_TYPES = re.compile(r"json|template|text/plain|importmap", re.IGNORECASE)


@dataclass(slots=True)
class Markup:
    """The parts of a page that may lead on to another one, each in page order.

    text                the visible text as one line, without noscript
    refreshes           contents of its meta refreshes
    noscript_refreshes  contents of those that count only without JavaScript
    scripts             its inline scripts, and the ``onload`` of its body
    frames              addresses of its frames
    base                the address that the others are relative to; empty if the page states none
    """

    text: str = ""
    refreshes: list[str] = field(default_factory=list)
    noscript_refreshes: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    base: str = ""


def read_markup(page: str, *, most_characters: int) -> Markup | None:
    """Return the parts of a page that shows no more text than this; None if it has more than 1,000 tags.

    No page has as many that only leads on, and most show more text long before.
    """
    reader, looked_at = _Reader(page), most_characters
    for _ in range(_MOST_TAGS):
        if not reader.step():
            return reader.finish()
        if reader.shown_characters > looked_at:
            if len(reader.finish().text) > most_characters:
                return None
            # it was blanks and entities, which are longer than what they show
            looked_at = 2 * reader.shown_characters
    return None


class _Reader:
    """Reads a page tag by tag."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._at = 0
        self._is_noscript = False
        self._shown: list[str] = []
        self._found = Markup()
        # of the visible text so far, as written
        self.shown_characters = 0

    def finish(self) -> Markup:
        """Return the parts found so far."""
        self._found.text = " ".join(html.unescape("".join(self._shown)).split())
        return self._found

    def step(self) -> bool:
        """Read the text up to the next tag, and that tag; return whether there may be another."""
        start = self._page.find("<", self._at)
        end = len(self._page) if start < 0 else start
        if not self._is_noscript:
            self._shown += (self._page[self._at : end], " ")
            self.shown_characters += end - self._at
        if start < 0:
            return False
        tag = _TAG.match(self._page, start)
        if tag is not None:
            self._read_tag(tag)
        elif self._page.startswith("<!--", start):
            self._at = self._after("-->", start + 4)
        elif self._page.startswith(("<!", "<?"), start):
            self._at = self._after(">", start)
        else:
            self._at = start + 1
        return True

    def _read_tag(self, tag: re.Match[str]) -> None:
        end, name, is_start = _find_end(self._page, tag.end()), tag[2].lower(), not tag[1]
        inside, self._at = self._page[tag.end() : end], end + 1
        if name == "noscript":
            self._is_noscript = is_start
        elif name in _UNSEEN and is_start:
            closed = _CLOSE[name].search(self._page, self._at)
            close = closed.start() if closed else len(self._page)
            if name == "script":
                _keep_script(self._found, inside, self._page[self._at : close])
            self._at = close
        elif is_start:
            _keep_tag(self._found, name, inside, is_noscript=self._is_noscript)

    def _after(self, sign: str, at: int) -> int:
        """Return the place after the next occurrence of a sign, or the end of the page if there is none."""
        found = self._page.find(sign, at)
        return len(self._page) if found < 0 else found + len(sign)


def _find_end(page: str, at: int) -> int:
    """Return the place of the ``>`` that ends a tag; a quoted value may hold others."""
    limit, since = min(len(page), at + _LONGEST_TAG), at
    while (stop := _STOP.search(page, since, limit)) is not None:
        position, since = stop.start(), stop.end()
        if stop[0] == ">":
            return position
        # a quote opens a value only after "=", with at most 20 blanks between; elsewhere it is an apostrophe
        if page[max(0, position - 20) : position].rstrip()[-1:] == "=":
            since = page.find(stop[0], since, limit) + 1
            if not since:
                break
    # the quote never closed, so the first ">" ends the tag after all
    end = page.find(">", at, limit)
    return limit if end < 0 else end


def _keep_script(found: Markup, inside: str, script: str) -> None:
    attributes = _read_attributes(inside)
    if (
        script.strip()
        and "src" not in attributes
        and not _DATA_TYPES.search(attributes.get("type", ""))
    ):
        found.scripts.append(script)


def _keep_tag(found: Markup, name: str, inside: str, *, is_noscript: bool) -> None:
    if name == "base":
        found.base = found.base or _read_attributes(inside).get("href", "")
    if name == "frame":
        found.frames.append(_read_attributes(inside).get("src", ""))
    if name == "body":
        onload = _read_attributes(inside).get("onload", "")
        found.scripts += [onload] if onload else []
    if name != "meta":
        return
    attributes = _read_attributes(inside)
    if attributes.get("http-equiv", "").strip().lower() == "refresh":
        kept = found.noscript_refreshes if is_noscript else found.refreshes
        kept.append(attributes.get("content", ""))


def _read_attributes(inside: str) -> dict[str, str]:
    """Return a tag's attributes by name in lower case; the first of several with one name counts, as in HTML."""
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside):
        attributes.setdefault(name.lower(), html.unescape(double or single or bare).strip())
    return attributes
