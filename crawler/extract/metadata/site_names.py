"""Removing the name of the site, its sections and its labels from a title, in every script."""

import re
from collections.abc import Iterable

from crawler.extract.dates.month_names import fold
from crawler.extract.names.persons import plain_name

# between a title and the name of a site; in Chinese and Japanese without spaces, too
_SPACED = re.compile(
    r"\s+(?:[-|\u2013\u2014\u00b7\u2022\u00bb\u00ab/:~\uff5c]|::|\u2013\u2013|--)\s+|\s*[|\uff5c\u00bb\u00ab]\s*|(?<=\S)\s*--+\s*(?=\S)"
)
_CLOSE = re.compile(
    r"\s*(?:[-_|\u2013\u2014\uff5c\uff3f\u00b7\u2022\u00bb\u00ab:\uff1a]+|\uff0d)\s*"
)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
# the last part of names of Chinese and Japanese papers and portals
_OUTLET = re.compile(
    r".{1,12}(?:\u7f51|\u7db2|\u7f51\u7ad9|\u95e8\u6237|\u65e5\u62a5|\u65e5\u5831|\u665a\u62a5|\u65f6\u62a5|\u6642\u5831|\u65b0\u95fb|\u65b0\u805e|\u65b0\u805e\u30c7\u30b8\u30bf\u30eb|\u30cb\u30e5\u30fc\u30b9|\u8d44\u8baf|\u9891\u9053|\u535a\u5ba2|\u8bba\u575b|\u901a\u4fe1\u793e|\u30aa\u30f3\u30e9\u30a4\u30f3|\u65e5\u62a5\u793e|\u62a5\u793e|\u53d1\u5e03)"
    # a portal and one of its channels
    r"|(?:\u65b0\u6d6a|\u641c\u72d0|\u7f51\u6613|\u817e\u8baf|\u51e4\u51f0|\u65b0\u534e|\u4eba\u6c11|\u4e2d\u65b0|\u592e\u89c6|\u73af\u7403)[\u4e00-\u9fff]{2,4}"
)
# names of kinds of articles that papers write before or behind a title
_KINDS = frozenset(
    fold(word)
    for word in [
        "opinion",
        "opinions",
        "editorial",
        "editorials",
        "analysis",
        "column",
        "comment",
        "commentary",
        "letters",
        "letter",
        "podcast",
        "video",
        "watch",
        "live",
        "news",
        "exclusive",
        "perspective",
        "review",
        "feature",
        "kommentar",
        "meinung",
        "leitartikel",
        "analyse",
        "interview",
        "tribune",
        "opinión",
        "análisis",
        "editoriale",
        "commento",
        "opinie",
        "mening",
        "ledare",
        "leder",
        "kronikk",
        "debatt",
        "publicystyka",
        "мнение",
        "думка",
        "раيي",
        "رأي",
        "社説",
        "社论",
        "评论",
        "評論",
        "사설",
        "칼럼",
    ]
)
_BARS = ("|", "\uff5c")
_BAR = re.compile(r"\s*[|\uff5c]\s*")
# letters of the shortest name of a site that is looked for
_FEWEST = 2


def without_site(title: str, names: Iterable[str]) -> str:
    """Return a title without the name of the site and labels such as "Opinion", before and behind it.

    names  of the site, its publisher and its host; parts that are none of these stay, as titles have dashes, too
    """
    plain = {plain_name(name) for name in names if len(plain_name(name)) >= _FEWEST}
    whole = title
    for _ in range(3):
        shorter = _without_end(title, plain)
        if shorter == title:
            break
        title = shorter
    # before the name of the site come its sections: "Title | Section | Site"
    return _without_sections(title) if whole[len(title) :].strip().startswith(_BARS) else title


def _without_sections(title: str) -> str:
    head, *parts = (part.strip() for part in _BAR.split(title))
    is_section = all(len(part) < len(head) / 2 for part in parts)
    return head if parts and is_section else title


def is_site(text: str, names: Iterable[str]) -> bool:
    """Return whether a text is nothing but the name of the site, also beside the text of its logo."""
    names = list(names)
    if plain_name(text) in {plain_name(name) for name in names}:
        return bool(text)
    words = {plain_name(word) for word in text.split()} - {"", "logo"}
    known = {plain_name(word) for name in names for word in name.split()}
    return bool(words) and words <= known


def _without_end(title: str, plain: set[str]) -> str:
    separators = _CLOSE if _UNSPACED.search(title) else _SPACED
    found = list(separators.finditer(title))
    for separator, is_behind in ((found[-1], True), (found[0], False)) if found else ():
        head, tail = title[: separator.start()].strip(), title[separator.end() :].strip()
        part, rest = (tail, head) if is_behind else (head, tail)
        is_label = "|" in separator[0] and fold(part) in _KINDS
        is_outlet = is_behind and _OUTLET.fullmatch(part) is not None
        if rest and part and (_is_name(part, plain) or is_label or is_outlet):
            return rest
    return title


def _is_name(part: str, plain: set[str]) -> bool:
    """Return whether a part is the name of the site, with or without its article and its country or address."""
    own = plain_name(part)
    return any(own in {name, f"the{name}"} or name == f"the{own}" for name in plain)
