"""The watch language: a query becomes a tree, or an error that points at the character it cannot read.

query  = or ;                            empty, or nothing but exclusions: an error
or     = and { ("OR" | "|") and } ;
and    = not { ["AND"] not } ;           side by side means AND; mixed with OR it needs brackets
not    = ("NOT" | "-" | "!") not | prim ;
prim   = "(" or ")" | phrase | word ;
phrase = quote word* quote ;             any quotes; exact forms
"""

from dataclasses import dataclass
from functools import reduce

from crawler.errors import QuerySyntaxError
from crawler.matching.tokens import Token, TokenKind, cut_query

MAX_LENGTH = 2000
MAX_TERMS = 100
MAX_NESTING = 20


@dataclass(frozen=True, slots=True)
class Word:
    """One word, in any inflection. ``text`` as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row in exactly these forms. ``text`` as written, without quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    inner: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """What must all be there."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Of which one is enough."""

    parts: tuple["Query", ...]


Query = Word | Phrase | Not | And | Or


def parse_query(text: str) -> Query:
    """Read a query; raises QuerySyntaxError with message, position and, where there is one, a repair."""
    if len(text) > MAX_LENGTH:
        message = f"a query has at most {MAX_LENGTH} characters, this one has {len(text)}"
        raise QuerySyntaxError(message, query=text, position=MAX_LENGTH)
    tokens = cut_query(text)
    term_count = sum(token.kind in {TokenKind.WORD, TokenKind.PHRASE} for token in tokens)
    if term_count > MAX_TERMS:
        message = f"a query has at most {MAX_TERMS} words and phrases, this one has {term_count}"
        raise QuerySyntaxError(message, query=text, position=tokens[MAX_TERMS].start)
    parser = _Parser(text, tokens)
    query = parser.read_whole()
    parser.refuse_only_negative(query)
    return query


class _Parser:
    """Recursive descent over the tokens; ``_next`` is the first one not read yet."""

    def __init__(self, text: str, tokens: tuple[Token, ...]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is_next(self, kind: TokenKind) -> bool:
        return self._next.kind is kind

    def _fail(
        self, message: str, *, position: int | None = None, repair: str | None = None
    ) -> QuerySyntaxError:
        where = self._next.start if position is None else position
        return QuerySyntaxError(message, query=self._text, position=where, repair=repair)

    def read_whole(self) -> Query:
        if self._is_next(TokenKind.END):
            raise self._fail("the query is empty: write the words to watch for", position=0)
        query = self._read_or(0)
        if self._is_next(TokenKind.CLOSE):
            repair = self._text[: self._next.start] + self._text[self._next.end :]
            raise self._fail("this bracket was never opened", repair=repair.strip())
        return query

    def _read_or(self, depth: int) -> Query:
        if depth > MAX_NESTING:
            raise self._fail(f"brackets are nested more than {MAX_NESTING} deep")
        parts, side_by_side = [], []
        while True:
            start = self._next.start
            part, is_mixed = self._read_and(depth)
            parts.append(part)
            if is_mixed:
                side_by_side.append((start, self._tokens[self._at - 1].end))
            if self._next.kind is not TokenKind.OR:
                break
            self._step_over_operator()
        if len(parts) > 1 and side_by_side:
            raise self._mixed(*side_by_side[0])
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _mixed(self, start: int, end: int) -> QuerySyntaxError:
        """`a b OR c` is read one way by some engines and the other by others: ask."""
        group = self._text[start:end]
        repair = f"{self._text[:start]}({group}){self._text[end:]}"
        message = f"words side by side next to OR can mean two things; put brackets around `{group}`, or around the OR"
        return self._fail(message, position=start, repair=repair)

    def _read_and(self, depth: int) -> tuple[Query, bool]:
        """Give the conjunction, and whether it was written side by side."""
        parts, is_mixed = [self._read_not(depth)], False
        while True:
            if self._next.kind is TokenKind.AND:
                self._step_over_operator()
            elif self._next.kind in {TokenKind.OR, TokenKind.CLOSE, TokenKind.END}:
                break
            else:
                is_mixed = True
            parts.append(self._read_not(depth))
        return (parts[0] if len(parts) == 1 else And(tuple(parts))), is_mixed

    def _step_over_operator(self) -> None:
        operator = self._next
        self._at += 1
        if self._next.kind in {TokenKind.END, TokenKind.CLOSE, TokenKind.AND, TokenKind.OR}:
            repair = (self._text[: operator.start] + self._text[operator.end :]).strip()
            message = f"{operator.text} needs something to its right"
            raise self._fail(message, position=operator.start, repair=repair or None)

    def _read_not(self, depth: int) -> Query:
        signs = 0
        while self._next.kind is TokenKind.NOT:
            operator = self._next
            self._at += 1
            signs += 1
            if self._next.kind not in {
                TokenKind.NOT,
                TokenKind.OPEN,
                TokenKind.WORD,
                TokenKind.PHRASE,
            }:
                raise self._fail(
                    f"{operator.text} needs something to exclude", position=operator.start
                )
        prim = self._read_prim(depth)
        return Not(prim) if signs % 2 else prim

    def _read_prim(self, depth: int) -> Query:
        token = self._next
        if token.kind is TokenKind.WORD:
            self._at += 1
            return Word(token.value)
        if token.kind is TokenKind.PHRASE:
            self._at += 1
            return Phrase(token.value)
        if token.kind is TokenKind.OPEN:
            return self._read_brackets(token, depth)
        repair = (self._text[: token.start] + self._text[token.end :]).strip()
        raise self._fail(f"{token.text or 'the query'} needs something to its left", repair=repair)

    def _read_brackets(self, token: Token, depth: int) -> Query:
        self._at += 1
        if self._is_next(TokenKind.CLOSE):
            raise self._fail("there is nothing in these brackets", position=token.start)
        if self._is_next(TokenKind.END):
            raise self._fail("this bracket is never closed", position=token.start)
        inner = self._read_or(depth + 1)
        if not self._is_next(TokenKind.CLOSE):
            repair = self._text.rstrip() + ")"
            raise self._fail("this bracket is never closed", position=token.start, repair=repair)
        self._at += 1
        return inner

    def refuse_only_negative(self, query: Query) -> None:
        """A query, or a branch of an OR, that only excludes would match almost everything."""
        if _has_positive(query):
            return
        start = next(token.start for token in self._tokens if token.kind is TokenKind.NOT)
        raise self._fail(
            "a query that only excludes matches everything else; add a word to look for",
            position=start,
        )


def _has_positive(query: Query) -> bool:
    """Tell whether something must be present for the query to hold."""
    match query:
        case Word() | Phrase():
            return True
        case Not():
            return False
        case And(parts):
            return any(_has_positive(part) for part in parts)
        case Or(parts):
            return all(_has_positive(part) for part in parts)


def list_terms(query: Query) -> tuple[Word | Phrase, ...]:
    """List the words and phrases that are looked for, without the excluded ones, in the order written."""
    match query:
        case Word() | Phrase():
            return (query,)
        case Not():
            return ()
        case And(parts) | Or(parts):
            return reduce(lambda terms, part: terms + list_terms(part), parts, ())
