"""Finding the byline: who wrote an article, and whether that is an agency. A byline is never part of the body.

Of seven libraries tried, all but goose3 leave it in the body, where it makes the text's fingerprint unstable: copies of
an article are signed differently.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from cssselect import HTMLTranslator
from lxml.html import HtmlElement

from crawler.extract.claims import Claim, first_value
from crawler.extract.dates.month_names import fold
from crawler.extract.metadata.byline_lines import FIRST, BylineLines
from crawler.extract.metadata.declared import Metadata
from crawler.extract.names.marked import walk_linked_names, walk_marked_names
from crawler.extract.names.persons import AGENCY, is_agency_alone, is_person, plain_name
from crawler.extract.names.pieces import Piece, names_of, read_pieces, split_names
from crawler.extract.names.reporters import ends_with_role, find_reporters
from crawler.extract.names.words import OUTLETS, find_label_kind
from crawler.extract.published.time_elements import UPDATED
from crawler.model.article import Byline
from crawler.text.lines import clean_line
from crawler.text.web.urls import host_of, site_of

# lines under the headline that are read; further down, a line that begins with "By" is part of the article
_MOST_LINES_DOWN = 12
# characters of a byline, "By" and a name of some 60; a longer line is a sentence
_MOST_CHARACTERS = 62
_UNDER, _ENDS = "a line under the headline", "a line where the text begins or ends"
# characters of a role alone in its line
_MOST_ROLE = 8
# "By" alone in its line
_BY = frozenset({"by", "von", "par", "por", "di", "door", "av", "af"})
# words of a name alone in a line, small ones within it, and a date below it with the characters of its line
_MOST_WORDS = 4
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "di",
        "del",
        "della",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "van",
        "von",
        "der",
        "den",
        "ter",
        "ten",
        "zu",
        "y",
        "e",
    ]
)
_MOST_DATE = 45
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")
# what a whole line must begin with to be a byline; stricter than a prefix, because it is tried on any line
_LINE = re.compile(r"(?:by|von|par|por|di|door|av|af)\s+(?P<name>\S.{1,60})", re.IGNORECASE)
# a sentence can begin with "By Tuesday"; a byline has no verb and no full stop
_SENTENCE_LIKE = re.compile(r"[.!?:;]$|,\s.*,|\b(?:was|were|is|are|has|had|will|ist|war|est|son)\b")
# a line such as "Text: Ann Lee"
_LABELLED = re.compile(r"\W*(?P<label>[^:\uff1a]{1,20})\s*[:\uff1a]")
# meta tags for the author, the surest first
_METAS = (
    "author", "article:author_name", "parsely-author", "sailthru.author", "article:author", "dc.creator",
)  # fmt: skip
# the same in the words of a single system: "cxenseparse:author", "article_author", "dcsext.author", "citation_author"
_ANY_META = re.compile(
    r"(?!smartbanner)(?:.*[:._-])?(?:authors?|author_?names?|article_?authors?|bylines?|byline_name|byl|misc:written by)"
)
# WordPress writes pairs of these for cards: the label of the first is in the page's language
_CARD_LABEL = re.compile(
    r"written by|author|verfasst von|geschrieben von|autor|\u00e9crit par|escrito por|scritto da|geschreven door|skrevet av|skriven av|"
    r"napisane przez|\u0430\u0432\u0442\u043e\u0440|yazan|ditulis oleh|\u4f5c\u8005|\u57f7\u7b46\u8005",
    re.IGNORECASE,
)


def read_byline_line(line: str) -> str | None:
    """Return the name in a line such as ``By Staff, Agencies``; None if the line is not a byline."""
    text = clean_line(line).strip(" \u00b7|\u2022,-")
    found = _LINE.fullmatch(text)
    if found is None or len(text) > _MOST_CHARACTERS or _SENTENCE_LIKE.search(text):
        return None
    name = found["name"]
    return name if name[0].isupper() or AGENCY.match(name) else None


def find_byline(
    tree: HtmlElement, metadata: Metadata, url: str, read_lines: Callable[[], BylineLines]
) -> Byline | None:
    """Return the byline from the metadata, else from elements marked as author, else from a line that reads as one.

    A publisher that is stated as the author counts only if nothing better is found.
    url         address of the page: names of its site are no authors
    read_lines  returns the lines in which it may stand; called only if nothing else was found
    returns     None if none of these holds a name
    """
    return first_value(walk_bylines(tree, metadata, url, read_lines))


def find_chosen_byline(tree: HtmlElement, selector: str) -> Byline | None:
    """Return the byline in the element that a rule of the site selects; None if there is no rule or it finds nothing."""
    found = tree.xpath(HTMLTranslator().css_to_xpath(selector)) if selector else []
    return _make(split_names(clean_line(str(element.text_content())) for element in found[:1]))


def walk_bylines(
    tree: HtmlElement, metadata: Metadata, url: str, read_lines: Callable[[], BylineLines]
) -> Iterator[Claim[Byline]]:
    """Yield each claim of an author as for ``find_byline``, the most trustworthy first; later ones cost more."""
    houses = _list_houses(metadata, url)
    doubtful: list[Claim[Byline]] = []
    for origin, texts in _stated(metadata):
        pieces = [piece for text in texts for piece in read_pieces(text, houses=houses)]
        claim = _claim(origin, texts, pieces)
        if claim.value and not any(map(_is_sure, claim.value.names)):
            doubtful.append(claim)
            claim = replace(
                claim, value=None, reason="no full name, so it counts only if no other is found"
            )
        elif claim.value is None and (own := [piece.name for piece in pieces if piece.is_house]):
            doubtful.append(replace(claim, value=_make(own[:1])))
        yield claim
    for origin, text, found in walk_marked_names(tree, houses, is_sure=bool(doubtful)):
        yield _claim(origin, [text], found)
    for origin, text, found in walk_linked_names(tree, houses, is_sure=bool(doubtful)):
        yield _claim(origin, [text], found)
    yield from _walk_lines(read_lines(), houses)
    for claim in doubtful:
        yield replace(claim, reason="counts because nobody else is named")


def _walk_lines(lines: BylineLines, houses: frozenset[str]) -> Iterator[Claim[Byline]]:
    """Yield what the lines say; agencies, editors and translators count only if no line names an author."""
    later: list[Claim[Byline]] = []
    for line in islice(_join_labels(lines.under), _MOST_LINES_DOWN):
        if claim := _read_line(line, _UNDER, houses):
            if _is_author(line):
                yield claim
            else:
                later.append(claim)
    for number, line in enumerate(lines.ends):
        if names := find_reporters(line, is_end=number >= FIRST):
            yield Claim(origin=_ENDS, text=line, value=_make(names))
        elif _find_kind(line) == "other" and (claim := _read_line(line, _ENDS, houses)):
            later.append(claim)
    yield from later
    yield from _walk_beside_dates([*lines.under, *lines.start], houses)


def _walk_beside_dates(lines: Sequence[str], houses: frozenset[str]) -> Iterator[Claim[Byline]]:
    """Yield the full names of persons that stand alone in a line, right above one with a date."""
    for line, behind in pairwise(lines):
        name = line.strip(" |\u00b7\u2022,-")
        # what comes again is a section or a tag
        if lines.count(line) == 1 and _is_date(behind) and _may_be_alone(name):
            yield _claim("a name above the date", [line], read_pieces(name, houses=houses))


def _may_be_alone(name: str) -> bool:
    words = fold(name).split()
    is_short = 1 < len(words) <= _MOST_WORDS and not OUTLETS.intersection(words)
    is_name = is_person(name) and all(
        word[0].isupper() or word in _PARTICLES for word in name.split()
    )
    return is_short and is_name and name[-1] not in ":\uff1a" and not UPDATED.search(name)


def _is_date(line: str) -> bool:
    return len(line) <= _MOST_DATE and _DATE.search(line) is not None


def _read_line(line: str, origin: str, houses: frozenset[str]) -> Claim[Byline] | None:
    """Return what a line says about the author; None if it has neither a label nor "By" nor a form that only bylines have."""
    if names := find_reporters(line):
        return Claim(origin=origin, text=line, value=_make(names))
    label = _LABELLED.match(line)
    agency = line[label.end() :].strip() if label and _find_kind(line) == "source" else line
    if is_agency_alone(agency):
        return Claim(origin=origin, text=line, value=_make([agency]))
    site, _, person = line.partition("/")
    if plain_name(site) in houses and is_person(person):
        return Claim(origin=origin, text=line, value=_make([person]))
    written = read_byline_line(line)
    if written is None and _find_kind(line) is None:
        return None
    claim = _claim(
        origin, [line], read_pieces(written or line.strip("()\uff08\uff09 "), houses=houses)
    )
    # as written, if there is nothing but names
    if written and claim.value and not claim.reason:
        return replace(claim, value=replace(claim.value, text=written))
    return claim


def _is_author(line: str) -> bool:
    return _find_kind(line) not in {"other", "source"} and not is_agency_alone(line)


def _find_kind(line: str) -> str | None:
    """Return whom the label at the beginning of a line names, see ``find_label_kind``; None if it has none."""
    label = _LABELLED.match(line)
    return find_label_kind(label["label"]) if label else None


def _join_labels(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, a label alone in its line together with what follows it."""
    label = ""
    for line in lines:
        word = line.rstrip(" :\uff1a")
        is_colon = line.rstrip() != word and find_label_kind(word) is not None
        is_role = len(word) <= _MOST_ROLE and ends_with_role(word)
        if is_colon or is_role or word.lower() in _BY:
            label = f"{line.rstrip()} "
            continue
        # a role may also end what came before
        is_other = ends_with_role(label.strip()) and _LABELLED.match(line)
        yield line if is_other else label + line
        label = ""


def _is_sure(name: str) -> bool:
    return is_person(name) or AGENCY.search(name) is not None


def _claim(origin: str, texts: Iterable[str], pieces: Iterable[Piece]) -> Claim[Byline]:
    pieces = tuple(pieces)
    reasons = dict.fromkeys(
        f"\u201c{piece.name}\u201d is {piece.reason}" for piece in pieces if piece.reason
    )
    return Claim(
        origin=origin,
        text=", ".join(texts),
        value=_make(names_of(pieces)),
        reason="; ".join(reasons) or ("" if pieces else "no name"),
    )


def _make(names: Sequence[str]) -> Byline | None:
    if not names:
        return None
    text = ", ".join(names)
    return Byline(text=text, names=tuple(names), is_agency=bool(AGENCY.search(text)))


def _list_houses(metadata: Metadata, url: str) -> frozenset[str]:
    """Return the names of the publisher and the site, and the site's address, as ``plain_name`` writes them."""
    site = site_of(url)
    return frozenset(
        plain
        for name in (*metadata.houses, host_of(url).removeprefix("www."), site)
        if (plain := plain_name(name))
    )


def _stated(metadata: Metadata) -> Iterator[tuple[str, list[str]]]:
    """Yield the places of the page's data that name authors, and what they say."""
    if authors := metadata.article.get("author"):
        yield "JSON-LD", list(authors)
    for name in _METAS:
        if stated := metadata.meta(name):
            yield f"meta tag {name}", [stated]
    for name, stated in metadata.metas.items():
        if name not in _METAS and _ANY_META.fullmatch(name):
            yield f"meta tag {name}", [stated]
    for number in ("1", "2"):
        label = metadata.meta(f"twitter:label{number}")
        if _CARD_LABEL.fullmatch(label) and (stated := metadata.meta(f"twitter:data{number}")):
            yield f"meta tag twitter:data{number}", [stated]
