"""The tokens of a query, each with its place."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from crawler.errors import QuerySyntaxError
from crawler.matching.analysis.words import has_word
from crawler.matching.queries.expressions import Field, Label, Phrase, Word
from crawler.text.languages.hebrew import GERSHAYIM

# words between the two sides of NEAR: Meltwater advises at most 10, which is the default; more than 50 is no longer near,
# and would need another reach between headline and body
MAX_DISTANCE = 50
DEFAULT_DISTANCE = 10
# quotation marks of any language, because word processors insert them
_QUOTES = (
    '"\u201c\u201d\u201e\u00ab\u00bb\u201f\u2039\u203a\u300c\u300d\u300e\u300f\u301d\u301e\u301f'
)
# the minus sign and any dash as well: word processors and phones turn a hyphen into them, and "drone \u2013racing" asked for both
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63"
# input methods of Chinese and Japanese write ASCII's signs at full width, brackets, operators and colons above all
_FULL_WIDTH = {0xFEE0 + code: code for code in range(ord("!"), ord("~") + 1)}
# any quotation mark ends a phrase, because people mix straight and curly ones; but not the one inside the Hebrew word צה"ל
_PHRASE_END = re.compile(f"(?!{GERSHAYIM})[{_QUOTES}]")
_WORD_END = re.compile(rf"[\s()|]|(?!{GERSHAYIM})[{_QUOTES}]")
# operators are in capitals, so that "near" can be searched for (decision 015)
_NEAR = re.compile(r"(O?)NEAR(?:/(\d+))?")
# how other products write NEAR (W/5, N/5), and typing mistakes (near/5, NEAR:5)
_LIKE_NEAR = re.compile(r"O?NEAR[/:~=]?\S{0,9}|(?i:o?near)/\d+|[NW]/\d+")
# proximity of a phrase as in Lucene and Elasticsearch: "war crimes"~5
_SLACK = re.compile(r"~(\d*)")
_FIELD = re.compile(r"([A-Za-z]+):")
# a pasted address; "https" is also what would otherwise look like a field
_ADDRESS = re.compile(r"https?:/|www\.", re.IGNORECASE)
# finds the host in whatever address is pasted after source:
_SOURCE = re.compile(r"(?:https?:/+)?(?:www\.|\*\.)*([^\s/*?#]+)\S*", re.IGNORECASE)
# ISO 639-1, or three letters for languages without such a code
_LANGUAGE = re.compile(r"[a-z]{2,3}")
# fuzzy search, boosts, ranges and wildcards of other query languages: refused, because FTS5 and others drop them silently
_FOREIGN = re.compile(r"[~^{}\[\]\\]|\?(?=\w)")
# our own names, and those of Google (intitle:, intext:)
_FIELDS = {
    "title": Field.TITLE, "headline": Field.TITLE, "intitle": Field.TITLE, "body": Field.BODY, "intext": Field.BODY
}  # fmt: skip
# "site:" is what Google users write
_LABELS = {"source": "source", "site": "source", "lang": "lang", "language": "lang"}


class TokenKind(StrEnum):
    """The kinds of tokens."""

    TERM = "term"
    FIELD = "field"
    LABEL = "label"
    NEAR = "near"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPEN = "open"
    CLOSE = "close"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query: ``text`` as written, from character ``start`` on, and its meaning.

    meaning  the term, label or field itself; for NEAR its distance and whether it is ordered; None for other kinds
    """

    kind: TokenKind
    text: str
    start: int
    meaning: Word | Phrase | Label | Field | tuple[int, bool] | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.text)


# in capitals only: in small letters these are words to search for (decision 015)
_OPERATORS = {
    "AND": TokenKind.AND,
    "&&": TokenKind.AND,
    "&": TokenKind.AND,
    "OR": TokenKind.OR,
    "NOT": TokenKind.NOT,
}
_OPEN_QUOTE = "this quote is never closed; add a closing one"
_SIGNS = {"(": TokenKind.OPEN, ")": TokenKind.CLOSE, "|": TokenKind.OR, "||": TokenKind.OR}


def cut_query(text: str) -> tuple[Token, ...]:
    """Return the tokens of a query, of which END is the last; raises QuerySyntaxError for anything that is not a token."""
    text = _in_ascii_signs(text)
    tokens, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        tokens.append(_read_token(text, at))
        at = tokens[-1].end
    return (*tokens, Token(TokenKind.END, "", len(text)))


def _in_ascii_signs(text: str) -> str:
    """Return a query with ASCII's signs in place of those of full width; every character keeps its place."""
    return text.translate(_FULL_WIDTH)


def _read_token(text: str, at: int) -> Token:
    sign = "||" if text.startswith("||", at) else text[at]
    if sign in _SIGNS:
        return Token(_SIGNS[sign], sign, at)
    if sign in _QUOTES:
        return _read_phrase(text, at)
    if sign == "!" or sign in _DASHES:
        # `a - b` is an exclusion to some readers and a dash to others (decision 015)
        if text[at + 1 : at + 2].isspace():
            plain = "!" if sign == "!" else "-"
            message = (
                f"`{sign}` followed by a space is ambiguous; write `{plain}word` to exclude a word"
            )
            raise _fault(message, text, at, at + 1, "")
        return Token(TokenKind.NOT, sign, at)
    found = _WORD_END.search(text, at)
    whole = text[at : found.start() if found else len(text)]
    if whole in _OPERATORS:
        return Token(_OPERATORS[whole], whole, at)
    # nearly every word; the others are tried in turn
    if whole.isalnum() and "NEAR" not in whole:
        return Token(TokenKind.TERM, whole, at, Word(whole))
    return (
        _read_near(text, at, whole) or _read_field(text, at, whole) or _read_word(text, at, whole)
    )


def _fault(message: str, text: str, at: int, end: int, instead: str | None) -> QuerySyntaxError:
    """Return the error for the characters from ``at`` to ``end``; the repair has ``instead`` in their place."""
    repair = None if instead is None else f"{text[:at]}{instead}{text[end:]}".strip()
    return QuerySyntaxError(message, query=text, position=at, repair=repair or None)


def _read_phrase(text: str, at: int) -> Token:
    end = _PHRASE_END.search(text, at + 1)
    if end is None:
        repair = f'{text.rstrip()}"' if text[at + 1 :].strip() else None
        raise QuerySyntaxError(_OPEN_QUOTE, query=text, position=at, repair=repair)
    value = text[at + 1 : end.start()].strip()
    if not has_word(value):
        raise _fault("there is no word between these quotes; remove them", text, at, end.end(), "")
    _check_stars(text, at + 1, text[at + 1 : end.start()])
    slack = _SLACK.match(text, end.end())
    whole = text[at : slack.end() if slack else end.end()]
    if slack and not (slack[1] and int(slack[1][:9]) <= MAX_DISTANCE):
        message = f"`~` after a phrase needs a number up to {MAX_DISTANCE}: how many other words may stand among its words"
        raise _fault(message, text, slack.start(), slack.end(), f"~{DEFAULT_DISTANCE}")
    return Token(TokenKind.TERM, whole, at, Phrase(value, int(slack[1]) if slack else None))


def _check_stars(text: str, at: int, value: str) -> None:
    """Raise QuerySyntaxError for a `*` anywhere but at the end of a word of two letters or more."""
    if "*" not in value:
        return
    for found in re.finditer(r"\S*\*\S*", value):
        word, start = found[0], at + found.start()
        bare = word.strip("*")
        if word.startswith("*"):
            message = "`*` cannot stand at the start of a word; write it at the end"
            raise _fault(message, text, start, start + len(word), bare or "")
        if "*" in word[:-1]:
            place = start + word.index("*")
            message = "`*` can stand only at the end of a word"
            raise _fault(message, text, place, start + len(word), "*")
        letters = sum(sign.isalnum() for sign in bare)
        # one Latin letter would match almost everything; one Chinese character is a word
        if letters < 2 and bare.isascii():
            message = "`*` needs at least two letters before it"
            raise _fault(message, text, start, start + len(word), bare or None)


def _read_near(text: str, at: int, whole: str) -> Token | None:
    found, end = _NEAR.fullmatch(whole), at + len(whole)
    if found is None:
        if _LIKE_NEAR.fullmatch(whole) is None:
            return None
        digits = "".join(filter(str.isdecimal, whole))[:4]
        distance = (
            min(int(digits), MAX_DISTANCE) if digits.isascii() and digits else DEFAULT_DISTANCE
        )
        operator = "ONEAR" if whole.upper().startswith("O") else "NEAR"
        message = (
            f"`{whole}` is not an operator; write NEAR/{DEFAULT_DISTANCE} for words near each other"
        )
        raise _fault(message, text, at, end, f"{operator}/{distance}")
    stated = found[2] or str(DEFAULT_DISTANCE)
    if len(stated) > 4 or int(stated) > MAX_DISTANCE:
        message = f"NEAR allows at most {MAX_DISTANCE} words in between"
        raise _fault(message, text, at, end, f"{found[1]}NEAR/{MAX_DISTANCE}")
    return Token(TokenKind.NEAR, whole, at, (int(stated), bool(found[1])))


def _read_field(text: str, at: int, whole: str) -> Token | None:
    found = _FIELD.match(whole)
    if _ADDRESS.match(whole):
        host = _SOURCE.match(whole)
        message = (
            "an address cannot be searched for; `source:` with a domain limits a query to a site"
        )
        raise _fault(message, text, at, at + len(whole), f"source:{host[1]}" if host else None)
    if found is None:
        return None
    name, after = found[1].lower(), at + found.end()
    if name not in _FIELDS and name not in _LABELS:
        raise _unknown_field(text, at, whole, name)
    if after >= len(text) or text[after].isspace() or text[after] in ")|":
        rest = text[after:].lstrip()
        message = f"`{found[0]}` must be followed directly by a word, without a space"
        instead = found[0] if rest and rest[0] not in ")|" else ""
        raise _fault(message, text, at, len(text) - len(rest), instead)
    if name in _LABELS:
        return _read_label(text, at, after, _LABELS[name])
    if text[after] in f"!{_DASHES}":
        message = f"an exclusion goes before the field: `-{found[0]}...`"
        raise _fault(message, text, at, after + 1, f"-{found[0]}")
    return Token(TokenKind.FIELD, found[0], at, _FIELDS[name])


def _unknown_field(text: str, at: int, whole: str, name: str) -> QuerySyntaxError:
    near = get_close_matches(name, [*_FIELDS, *_LABELS], n=1)
    if near:
        message = f"there is no field `{name}:`; did you mean `{near[0]}:`?"
        return _fault(message, text, at, at + len(name), near[0])
    message = f"there is no field `{name}:`, only title:, body:, source: and lang:; put it in quotes to search for it as words"
    return _fault(message, text, at, at + len(whole), f'"{whole}"' if has_word(whole) else None)


def _read_label(text: str, at: int, after: int, name: str) -> Token:
    if text[after] in _QUOTES:
        end = _PHRASE_END.search(text, after + 1)
        if end is None:
            raise _fault(_OPEN_QUOTE, text, after, len(text), f'{text[after:].rstrip()}"')
        value, stop = text[after + 1 : end.start()].strip(), end.end()
    else:
        found = _WORD_END.search(text, after)
        stop = found.start() if found else len(text)
        value = text[after:stop]
    if name == "lang":
        if not _LANGUAGE.fullmatch(value.lower()):
            message = "`lang:` needs a language code, as in lang:en"
            raise _fault(message, text, at, stop, None)
        return Token(TokenKind.LABEL, text[at:stop], at, Label(name, value.lower()))
    host = _SOURCE.fullmatch(value)
    if text[after] not in _QUOTES and (host is None or host[1] != value):
        bare = re.sub(r"^(?i:www\.)+", "", value)
        if host is None or host[1] != bare:
            message = "`source:` needs a domain, as in source:bbc.co.uk, or the name of a source"
            raise _fault(message, text, at, stop, f"source:{host[1]}" if host else None)
        value = bare
    if not value:
        raise _fault("`source:` needs a domain or the name of a source", text, at, stop, None)
    return Token(TokenKind.LABEL, text[at:stop], at, Label(name, value))


def _read_word(text: str, at: int, whole: str) -> Token:
    end, is_cased = at + len(whole), whole.startswith("=")
    value = whole[1:] if is_cased else whole
    if not has_word(value):
        raise _fault(f"`{whole}` contains no word; remove it", text, at, end, "")
    if value[0] == value[-1] == "/" or _FOREIGN.search(value):
        message = f"`{whole}` has characters without a meaning here; put it in quotes to search for its words"
        raise _fault(message, text, at, end, f'"{value.strip("*/")}"')
    _check_stars(text, end - len(value), value)
    is_prefix, bare = value.endswith("*"), value.rstrip("*")
    # elsewhere the sign is dropped silently; here it is refused, with the quotes that look for it (decision 015)
    if bare[-1] in "+#" and not is_cased:
        message = f"`{bare[-1]}` is searched for only in quotes"
        raise _fault(message, text, at, end, f'"{bare}"')
    return Token(TokenKind.TERM, whole, at, Word(bare, is_cased=is_cased, is_prefix=is_prefix))
