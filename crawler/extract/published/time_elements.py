"""Choosing the <time> that says when the article was published, among those of teasers, tickers, comments and updates."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from urllib.parse import urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.text.web.urls import absolute_url

# words of a line with the date of an update, which is not when the article was published
UPDATED = re.compile(
    r"updat|modif|aktualis|actualiza|mis à jour|aggiornat|bijgewerkt|oppdatert|uppdaterad|\u0622\u062e\u0631 \u062a\u062d\u062f\u064a\u062b",
    re.IGNORECASE,
)
# names that templates give to the date of a change
_CHANGED = re.compile(r"modified|updated")
# a label is the last word or two before its date
_MOST_LABEL = 30
# elements that are looked at, as each comment may have one
_MOST_TIMES = 50
# as many different ones in elements of one form are a list of other articles
_FEWEST_OF_LIST = 3
# characters of a link's text beside its <time>: with more, the link is the teaser of another article
_MOST_BESIDE = 20
_ELSEWHERE = frozenset({"aside", "footer", "nav", "form", "blockquote"})
_TEXT = etree.XPath("string()", smart_strings=False)


def walk_times(tree: HtmlElement, headline: str, url: str) -> Iterator[tuple[HtmlElement, str]]:
    """Yield each <time> with a date, and why it is not the article's (empty if it can be); the likeliest first.

    url       of the page: a link to it is none to another article
    headline  as shown; the <time> nearest to its heading is the likeliest of those that are not marked
    """
    dated = [element for element in tree.iter("time") if element.get("datetime")][:_MOST_TIMES]
    if not dated:
        return
    title = find_title(tree, headline)
    above = [] if title is None else [title, *title.iterancestors()]
    forms: dict[tuple[str, ...], set[str]] = {}
    for time in dated:
        forms.setdefault(_form_of(time), set()).add(time.get("datetime") or "")
    judged = [(time, _find_reason(time, above, forms, url)) for time in dated]
    ranks = [(bool(reason), *_rank(time, above), place) for place, (time, reason) in enumerate(judged)]  # fmt: skip
    for _, entry in sorted(zip(ranks, judged, strict=True), key=lambda both: both[0]):
        yield entry


def find_title(tree: HtmlElement, headline: str) -> HtmlElement | None:
    """Return the h1 that shows the headline, else the first one; None if the page has none."""
    headings = list(tree.iter("h1"))
    key = "".join(headline.split()).casefold()
    same = (h for h in headings if key and "".join(str(_TEXT(h)).split()).casefold() == key)
    return next(same, headings[0] if headings else None)


def _rank(time: HtmlElement, above: Sequence[HtmlElement]) -> tuple[bool, bool, bool, bool, int]:
    is_named = time.get("itemprop") == "datePublished" or time.get("pubdate") is not None
    article = next(time.iterancestors("article"), None)
    is_inside = article is not None and (article in above or not above)
    is_aside = _sidebar_of(time, above) is not None
    return is_update(time), is_aside, not is_named, not is_inside, _distance(time, above)


def _distance(time: HtmlElement, above: Sequence[HtmlElement]) -> int:
    """Return how many elements around the headline must be left to find the <time> in the next one; 0 is beside it."""
    around = set(time.iterancestors())
    return next((place for place, element in enumerate(above) if element in around), 0)


def _find_reason(
    time: HtmlElement,
    above: Sequence[HtmlElement],
    forms: dict[tuple[str, ...], set[str]],
    url: str,
) -> str:
    """Return why a <time> is not the date of the article; empty if it can be."""
    if _is_in_comments(time):
        return "among comments"
    link = next((e for e in _below(time, above) if e.tag == "a"), None)
    if link is not None and len(_text(link)) - len(_text(time)) > _MOST_BESIDE:
        # a list of the newest articles may have this one
        return "" if _leads_to(link, url) else "in the link to another article"
    # a template may repeat the article's own for phones and at the end of the text
    alike = len(forms[_form_of(time)])
    sidebar = _sidebar_of(time, above)
    # a single one may be that of the article, which some templates write into a box beside it
    if sidebar is not None and (alike > 1 or sidebar.tag == "blockquote"):
        return f"in <{sidebar.tag}>"
    if alike >= _FEWEST_OF_LIST:
        return "one of a list of articles"
    return ""


def _leads_to(link: HtmlElement, url: str) -> bool:
    address = absolute_url(link.get("href") or "", base=url)
    return address is not None and urlsplit(address).path == urlsplit(url).path


def _below(time: HtmlElement, above: Sequence[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield the elements around a <time>, up to the first that holds the headline, too."""
    return takewhile(lambda element: element not in above, time.iterancestors())


def _sidebar_of(time: HtmlElement, above: Sequence[HtmlElement]) -> HtmlElement | None:
    return next((element for element in _below(time, above) if element.tag in _ELSEWHERE), None)


def _form_of(time: HtmlElement) -> tuple[str, ...]:
    """Return the tags and classes of an element and the two around it, which are the same in all items of a list."""
    around = [time, *time.iterancestors()][:3]
    return tuple(f"{element.tag}.{element.get('class') or ''}" for element in around)


def _text(element: HtmlElement) -> str:
    return " ".join(str(_TEXT(element)).split())


def is_update(time: HtmlElement) -> bool:
    """Return whether a <time> says when the text was changed, by its marks or by the word before it."""
    previous, parent = time.getprevious(), time.getparent()
    before = previous.tail if previous is not None else (parent.text if parent is not None else "")
    marks = f"{time.get('itemprop') or ''} {time.get('class') or ''}".lower()
    # WordPress writes "published updated" while a text has not been changed
    is_marked = "publish" not in marks and _CHANGED.search(marks) is not None
    return is_marked or UPDATED.search((before or "")[-_MOST_LABEL:]) is not None


def _is_in_comments(time: HtmlElement) -> bool:
    """Return whether a <time> stands among comments: below an element of that name that does not hold the headline."""
    for element in time.iterancestors():
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        if "comment" in name.lower():
            return element.find(".//h1") is None
    return False
