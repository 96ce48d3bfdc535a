"""Cutting a query into tokens, with the place of each."""

import re
from dataclasses import dataclass
from enum import StrEnum

from crawler.errors import QuerySyntaxError

_OPENING = '"\u201c\u201d\u201e\u00ab\u00bb\u201f\uff02'
_PHRASE_END = re.compile(f"[{_OPENING}]")
_WORD_END = re.compile(rf"[\s()|{_OPENING}]")
_LATER = re.compile(r"(?:O?NEAR)(?:/\d+)?")
_FIELD = re.compile(
    r"(title|headline|intitle|body|intext|source|site|lang|language):", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "word"
    PHRASE = "phrase"
    AND = "and"
    OR = "or"
    NOT = "not"
    OPEN = "open"
    CLOSE = "close"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query: ``text`` as it stands at ``start`` to ``end``; ``value`` without its quotes."""

    kind: TokenKind
    text: str
    start: int
    value: str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


_OPERATORS = {
    "AND": TokenKind.AND,
    "&&": TokenKind.AND,
    "OR": TokenKind.OR,
    "||": TokenKind.OR,
    "NOT": TokenKind.NOT,
}
_SIGNS = {"(": TokenKind.OPEN, ")": TokenKind.CLOSE, "|": TokenKind.OR}


def cut_query(text: str) -> tuple[Token, ...]:
    """Cut a query; the last token is END. Raises QuerySyntaxError for what no token can begin with."""
    tokens, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _read_token(text, at, is_after_word=at > 0 and not text[at - 1].isspace())
        tokens.append(token)
        at = token.end
    return (*tokens, Token(TokenKind.END, "", len(text)))


def _read_token(text: str, at: int, *, is_after_word: bool) -> Token:
    sign = text[at]
    if text.startswith("||", at):
        return Token(TokenKind.OR, "||", at)
    if sign in _SIGNS:
        return Token(_SIGNS[sign], sign, at)
    if sign in _OPENING:
        return _read_phrase(text, at)
    if sign in "-!\u2212" and not (is_after_word and text[at - 1] not in "(|-!\u2212"):
        return Token(TokenKind.NOT, sign, at)
    return _read_word(text, at)


def _read_phrase(text: str, at: int) -> Token:
    end = _PHRASE_END.search(text, at + 1)
    if end is None:
        raise QuerySyntaxError(
            "this quote is never closed", query=text, position=at, repair=text.rstrip() + '"'
        )
    whole = text[at : end.end()]
    value = whole[1:-1].strip()
    if not any(sign.isalnum() for sign in value):
        raise QuerySyntaxError("there is no word in these quotes", query=text, position=at)
    return Token(TokenKind.PHRASE, whole, at, value)


def _read_word(text: str, at: int) -> Token:
    found = _WORD_END.search(text, at)
    whole = text[at : found.start() if found else len(text)]
    if whole in _OPERATORS:
        return Token(_OPERATORS[whole], whole, at)
    _refuse_later_forms(text, at, whole)
    if not any(sign.isalnum() for sign in whole):
        message = f"`{whole}` is no word"
        repair = f"{text[:at]}{text[at + len(whole) :]}".strip()
        raise QuerySyntaxError(message, query=text, position=at, repair=repair or None)
    return Token(TokenKind.WORD, whole, at, whole)


def _refuse_later_forms(text: str, at: int, whole: str) -> None:
    """Refuse, by name, forms that other tools have and we have not yet: nothing is silently accepted."""
    field = _FIELD.match(whole)
    message, plain = "", ""
    if _ADDRESS.match(whole):
        message = (
            "an address is no word to look for; limit a watch to sources with its `sources` setting"
        )
    elif _LATER.fullmatch(whole):
        message, plain = f"{whole} is not available yet; quotes find words in a row", "AND"
    elif field:
        message = f"`{field[0]}` is not available yet; a watch has the settings title_only, sources, languages"
        plain = whole[field.end() :]
    elif whole.startswith("="):
        message, plain = "`=` is not available yet; quotes find exact forms", whole[1:]
    elif "*" in whole:
        message, plain = (
            "`*` is not available yet; a word finds its inflections",
            whole.replace("*", ""),
        )
    if message:
        repair = f"{text[:at]}{plain}{text[at + len(whole) :]}" if plain else None
        raise QuerySyntaxError(message, query=text, position=at, repair=repair)
