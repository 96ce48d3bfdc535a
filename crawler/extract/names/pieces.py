"""Telling the names in a byline from what sites write beside them: dates, counts, roles, networks, buttons, their own name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crawler.extract.dates.month_names import fold
from crawler.extract.names.persons import ADDRESS, AGENCY, is_house, is_person
from crawler.extract.names.reasons import find_reason, is_role
from crawler.extract.names.reporters import find_reporters
from crawler.extract.names.words import OUTLETS, RANKS, ROLES, SURNAMES, find_label_kind

# names of one byline; those beyond are dropped
_MOST_NAMES = 12
# "By", also twice, and its equivalents: removed from a name
PREFIX = re.compile(
    r"^\W*(?:(?:by|von|par|por|di|door|av|af|text|(?:written|posted|published|reported|contributed|words|story)\s+by|"
    r"autorin/autor|autor(?:in|es|s)?|auteur|author|redaktion)\s*:?\s+)+",
    re.IGNORECASE,
)
# separators between several authors
_LIST = re.compile(r"\s*[,;|\u00b7\u2022\u3001\uff0c\uff1b\uff5c]\s*")
_AND = re.compile(r"\s+(?:and|und|et|y|e|og|och|en|i|&)\s+")
# "Ann Lee - Cairo": a place, a role or a paper behind the name; hyphens within names have no spaces
_DASH = re.compile(r"\s+[-\u2013\u2014]\s+")
_SLASH = re.compile(r"\s*/\s*")
_LABEL = re.compile(r"(?P<label>[^:\uff1a]{1,24})\s*[:\uff1a]\s*(?P<rest>.*)")
# where the next label begins within a text: "Text: Ann Lee Photo: Bo Chen"
_LABELS = re.compile(r"\s+(?=[^\s:\uff1a]{2,14}\s?[:\uff1a])")
# in Japanese a label may be without its colon
_SPACED_LABEL = re.compile(
    r"(?P<label>\u7ffb\u8a33\u8005|\u7ffb\u8a33|\u8457\u8005|\u57f7\u7b46|\u7de8\u96c6|\u8a33|\u8bb0\u8005|\u8a18\u8005|\u4f5c\u8005|\u672c\u62a5\u8bb0\u8005)\s+(?P<rest>.+)"
)
# Korean writes the role behind the name
_SUFFIX_ROLE = re.compile(
    r"\s*(?:\uc120\uc784\uae30\uc790|\uc218\uc2b5\uae30\uc790|\uae30\uc790|\ud2b9\ud30c\uc6d0|\ub17c\uc124\uc704\uc6d0|\u8a18\u8005|\u8bb0\u8005)$"
)
_ACCOUNT_BEHIND = re.compile(r"\s*(?:\(?@\w+\)?|\(?\S+@\S+\.\w+\)?)$")
_IN_BRACKETS = re.compile(r"\s*[(\uff08](?P<text>[^()\uff08\uff09]*)[)\uff09]?$")
# "last updated on ..." ends a byline, whatever follows it
_UPDATED = re.compile(
    r"\s*[(\[|,\u2022\u00b7-]?\s*\b(?:(?:last\s+)?updated|aktualisiert|mis \u00e0 jour|actualizado|aggiornato|bijgewerkt|uppdaterad|oppdatert|opdateret|"
    r"(?:published|posted)(?!\s+by\b)|ver\u00f6ffentlicht|publi\u00e9|publicado|pubblicato|gepubliceerd|publicerad|publisert)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f.'\u2019-]+")
_INVERTED = re.compile(
    r"(?P<last>[A-Z\u00c0-\u00de][\w'\u2019-]+), (?P<first>[A-Z\u00c0-\u00de][\w'\u2019-]+(?: [A-Z]\.?)?)"
)
_HAN = re.compile(r"[\u4e00-\u9fff]{2,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a byline.

    name    the name, cleaned; of a piece that is none, its text
    reason  why it is no author's name; empty if it is one
    is_person  whether it reads as the full name of a person: several words, the first and last with a capital
    is_house   whether it is the name of the publisher or the site
    """

    name: str
    reason: str = ""
    is_person: bool = False
    is_house: bool = False


def read_pieces(text: str, *, houses: Iterable[str] = ()) -> tuple[Piece, ...]:
    """Return the pieces of an author line, each with the reason if it is no name.

    houses  names of the publisher and the site, as ``plain_name`` writes them; they count only if nobody else is named
    """
    if reporters := find_reporters(text):
        return tuple(Piece(name=name, is_person=is_person(name)) for name in reporters)
    line = _UPDATED.sub("", text.replace("\u00a0", " ").strip())
    kinds = [(part, kind) for part, kind in _split(_in_order(line)) if part]
    pieces = [_judge(part, kind, frozenset(houses)) for part, kind in kinds]
    if any(piece.is_house for piece in pieces) and not any(piece.is_person for piece in pieces):
        pieces = [_beside_house(piece) for piece in pieces]
    pieces = list(beside_persons(pieces))
    is_written = any(
        kind != "other" and not piece.reason for piece, (_, kind) in zip(pieces, kinds, strict=True)
    )
    return tuple(
        replace(piece, reason="an editor or translator, beside an author")
        if is_written and kind == "other" and not piece.reason
        else piece
        for piece, (_, kind) in zip(pieces, kinds, strict=True)
    )


def names_of(pieces: Iterable[Piece]) -> tuple[str, ...]:
    """Return the names among these pieces, at most 12, each once."""
    return tuple(dict.fromkeys(piece.name for piece in pieces if not piece.reason))[:_MOST_NAMES]


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names in author lines, without "By", addresses, accounts, dates and roles; at most 12, each once."""
    return names_of(piece for text in texts for piece in read_pieces(text))


def _split(line: str) -> Iterator[tuple[str, str]]:
    """Yield each piece of a line, without its label, and the label's kind; empty if it has none."""
    kind = ""
    parts = (part for text in _LIST.split(PREFIX.sub("", line)) for part in _LABELS.split(text))
    for part in parts:
        labelled = _LABEL.fullmatch(part) or _SPACED_LABEL.fullmatch(part)
        found = find_label_kind(labelled["label"]) if labelled else None
        # a label counts for the names behind it, up to the next label
        kind = found or kind
        for one in _split_pair((labelled["rest"] if labelled and found else part).strip()):
            yield one, kind


def _split_pair(part: str) -> list[str]:
    both = _AND.split(part)
    # "Ann Lee and Bo Chen" are two people, "Lee and Chen" may be a company
    if len(both) > 1 and all(len(name.split()) > 1 for name in both):
        return [one for name in both for one in _split_pair(name)]
    both = _SLASH.split(part)
    if len(both) > 1 and all(map(is_person, both)):
        return both
    # "mbl.is/Ann Lee", "NTB/Ann Lee"
    if len(both) == 2 and is_person(both[1]) and (ADDRESS.fullmatch(both[0]) or both[0].isupper()):
        return both
    both = _DASH.split(part)
    if len(both) > 1 and is_person(both[0]):
        return [one for one in both if one == both[0] or AGENCY.search(one)]
    both = part.split()
    # two words that begin with surnames are two people, while Japanese write both names of one so
    if len(both) > 1 and all(_HAN.fullmatch(one) and one[0] in SURNAMES for one in both):
        return both
    return [part]


def _judge(part: str, kind: str, houses: frozenset[str]) -> Piece:
    name = _clean(part)
    if any(is_house(one, houses) for one in (name, *_DASH.split(name))):
        return Piece(name=name, reason="the site's own name", is_house=True)
    reason = find_reason(name) or (
        "credited for something else than the text" if kind in {"picture", "source"} else ""
    )
    return Piece(name=name, reason=reason, is_person=not reason and is_person(name))


def _clean(part: str) -> str:
    name = PREFIX.sub("", part).strip(' \t-\u2013\u2014"\u201c\u201d*:')
    for brackets in ("()", "[]", "\uff08\uff09", "\u3010\u3011", "\u300a\u300b"):
        if name.startswith(brackets[0]):
            name = name.strip(brackets).strip()
    behind = _IN_BRACKETS.search(name)
    if behind and behind.start() and find_reason(behind["text"]):
        name = name[: behind.start()]
    name = _ACCOUNT_BEHIND.sub("", name) or name
    name = _SUFFIX_ROLE.sub("", name) or name
    # the dot of "Jr." and "Ph.D." belongs to the name
    if name.endswith(".") and (len(name.split()[-1]) > 4 or "." in name[:-1].split()[-1:]):
        name = name.rstrip(". ")
    return _without_role(name)


def _without_role(name: str) -> str:
    """Return a name without the role before it ("Staff writer Ann Lee") or behind it ("Ann Lee Contributing Writer")."""
    words = name.split()
    for cut in range(2, min(len(words), 5)):
        behind = words[cut:]
        is_one = is_role(behind) or (fold(behind[0]) in RANKS and fold(behind[-1]) in ROLES)
        if (
            is_one
            and is_person(" ".join(words[:cut]))
            and not any(fold(word) in RANKS for word in words[:cut])
        ):
            return " ".join(words[:cut])
    for cut in range(min(3, len(words) - 2), 0, -1):
        if is_role(words[:cut]) and is_person(" ".join(words[cut:])):
            return " ".join(words[cut:])
    return name


def beside_persons(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Return pieces without the papers, places and degrees beside full names of persons; an agency is an author there."""
    if not any(piece.is_person for piece in pieces):
        return pieces
    return [
        replace(piece, reason="a place, a title or a paper, beside full names")
        if not piece.reason and _is_beside(piece)
        else piece
        for piece in pieces
    ]


def _is_beside(piece: Piece) -> bool:
    if piece.is_person or AGENCY.search(piece.name):
        return False
    words = fold(piece.name).split()
    is_outlet = words[-1] in OUTLETS or words[0] in OUTLETS or ADDRESS.fullmatch(piece.name)
    return bool(is_outlet) or (len(words) == 1 and _LATIN.fullmatch(piece.name) is not None)


def _beside_house(piece: Piece) -> Piece:
    if piece.reason:
        return piece
    return replace(piece, reason="beside the site's own name, as in an address")


def _in_order(line: str) -> str:
    """Return "Lee, Ann" as "Ann Lee"; any other line unchanged."""
    found = _INVERTED.fullmatch(line)
    return f"{found['first']} {found['last']}" if found else line
