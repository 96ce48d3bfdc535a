"""The parser of the watch language: a query becomes a tree, or an error that points at the character it cannot read.

Recursive descent by hand: about 50 microseconds a query, while Lark took 145 and named the wrong column, and luqum read
``a NEAR/3 b`` as three words (decision 015).

query  = or ;                            empty, or nothing but exclusions: an error
or     = and { ("OR" | "|") and } ;
and    = not { ["AND" | "&"] not } ;     side by side means AND; mixed with OR it needs brackets
not    = ("NOT" | "-" | "!") not | near ;
near   = prim { ("NEAR" | "ONEAR") ["/" n] prim } ;    at most n words between, default 10; ONEAR keeps order
prim   = "(" or ")" | field ":" prim | label | phrase | word ;
field  = title | headline | intitle | body | intext ;
label  = (source | site | lang | language) ":" value ;
phrase = quote word* quote ["~" n] ;     any quotes; exact forms; ~n: in any order, at most n other words among them
word   = ["="] signs ["*"] ;             =WHO: in these capitals; dron*: any word with this beginning
"""

from crawler.errors import QuerySyntaxError
from crawler.matching.analysis.tokens import Token, TokenKind, cut_query
from crawler.matching.queries.expressions import (
    And,
    Field,
    Inside,
    Label,
    Near,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    has_positive,
    list_parts,
)

# bounds for hostile or generated queries; 3,000 nested brackets would end in RecursionError
MAX_LENGTH = 2000
MAX_TERMS = 100
MAX_NESTING = 20
# a query may have several faults; ten are repaired one after the other before the offer of a repair is dropped
_MOST_REPAIRS = 10
_OPEN_BRACKET = "this bracket is never closed; add a closing one"
_STARTS_PART = {TokenKind.NOT, TokenKind.OPEN, TokenKind.TERM, TokenKind.FIELD, TokenKind.LABEL}


def parse_query(text: str) -> Query:
    """Return the tree of a query.

    raises  QuerySyntaxError with message, position and, if one was found, a repaired query that can be read
    """
    try:
        return _parse(text)
    except QuerySyntaxError as error:
        error.repair = _repair(error.repair)
        raise


def _repair(repair: str | None) -> str | None:
    """Return the first repair that can be read, repairing it again as needed: a query may have several faults."""
    for _ in range(_MOST_REPAIRS):
        if repair is None:
            return None
        try:
            _parse(repair)
        except QuerySyntaxError as error:
            repair = error.repair
        else:
            return " ".join(repair.split())
    return None


def _parse(text: str) -> Query:
    if len(text) > MAX_LENGTH:
        message = f"a query can have at most {MAX_LENGTH} characters; this one has {len(text)}"
        raise QuerySyntaxError(message, query=text, position=MAX_LENGTH)
    tokens = cut_query(text)
    terms = [token for token in tokens if token.kind in {TokenKind.TERM, TokenKind.LABEL}]
    if len(terms) > MAX_TERMS:
        message = (
            f"a query can have at most {MAX_TERMS} words and phrases; this one has {len(terms)}"
        )
        raise QuerySyntaxError(message, query=text, position=terms[MAX_TERMS].start)
    return _Parser(text, tokens).read_whole()


class _Parser:
    """A recursive-descent parser over tokens; ``_next`` is the first one not read yet."""

    def __init__(self, text: str, tokens: tuple[Token, ...]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0
        self._only_negative: list[int] = []

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _fail(
        self, message: str, *, position: int | None = None, repair: str | None = None
    ) -> QuerySyntaxError:
        where = self._next.start if position is None else position
        return QuerySyntaxError(message, query=self._text, position=where, repair=repair)

    def _without(self, token: Token) -> str | None:
        return (self._text[: token.start] + self._text[token.end :]).strip() or None

    def read_whole(self) -> Query:
        if self._next.kind is TokenKind.END:
            raise self._fail("the query is empty; write the words to watch for", position=0)
        query = self._read_or(0)
        if self._next.kind is TokenKind.CLOSE:
            raise self._fail(
                "this bracket is never opened; add an opening one or remove it",
                repair=self._without(self._next),
            )
        if not has_positive(query):
            self._refuse_only_negative()
        return query

    def _read_or(self, depth: int) -> Query:
        if depth > MAX_NESTING:
            raise self._fail(f"brackets can be nested at most {MAX_NESTING} deep")
        parts, side_by_side = [], []
        while True:
            start = self._next.start
            part, is_mixed = self._read_and(depth)
            parts.append(part)
            if not has_positive(part):
                self._only_negative.append(start)
            if is_mixed:
                side_by_side.append((start, self._tokens[self._at - 1].end))
            if self._next.kind is not TokenKind.OR:
                break
            self._step_over_operator()
        if len(parts) > 1 and side_by_side:
            raise self._mixed(*side_by_side[0])
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _mixed(self, start: int, end: int) -> QuerySyntaxError:
        """Return the error for `a b OR c`: FTS5 reads `(a b) OR c`, Google `a (b OR c)`, so brackets are asked for."""
        group = self._text[start:end]
        repair = f"{self._text[:start]}({group}){self._text[end:]}"
        message = f"words side by side next to OR are ambiguous; put brackets around `{group}`, or around the OR"
        return self._fail(message, position=start, repair=repair)

    def _read_and(self, depth: int) -> tuple[Query, bool]:
        """Return the conjunction, and whether any of it was written side by side, without AND."""
        parts, is_mixed = [self._read_not(depth)], False
        while True:
            if self._next.kind is TokenKind.AND:
                self._step_over_operator()
            elif self._next.kind in _STARTS_PART:
                is_mixed = True
            else:
                break
            parts.append(self._read_not(depth))
        return (parts[0] if len(parts) == 1 else And(tuple(parts))), is_mixed

    def _step_over_operator(self) -> Token:
        operator = self._next
        self._at += 1
        if self._next.kind not in _STARTS_PART:
            message = f"{operator.text} needs a word or phrase after it"
            raise self._fail(message, position=operator.start, repair=self._without(operator))
        return operator

    def _read_not(self, depth: int) -> Query:
        signs = 0
        while self._next.kind is TokenKind.NOT:
            operator = self._next
            self._at += 1
            signs += 1
            if self._next.kind not in _STARTS_PART:
                message = f"{operator.text} needs a word or phrase to exclude after it"
                repair = self._without(operator)
                raise self._fail(message, position=operator.start, repair=repair)
        inner = self._read_near(depth)
        return Not(inner) if signs % 2 else inner

    def _read_near(self, depth: int) -> Query:
        start = self._next.start
        query = self._read_prim(depth)
        while self._next.kind is TokenKind.NEAR:
            operator = self._step_over_operator()
            right = self._read_prim(depth)
            distance, is_ordered = (
                operator.meaning if isinstance(operator.meaning, tuple) else (0, False)
            )
            if not (_has_places(query) and _has_places(right)):
                raise self._no_places(operator, query, right, start)
            query = Near(query, right, distance, is_ordered)
        return query

    def _no_places(
        self, operator: Token, left: Query, right: Query, start: int
    ) -> QuerySyntaxError:
        lefts = left.parts if isinstance(left, And) else (left,)
        rights = right.parts if isinstance(right, And) else (right,)
        repair = None
        if all(map(_has_places, (*lefts, *rights))):
            near = " AND ".join(f"({a} {operator.text} {b})" for a in lefts for b in rights)
            repair = f"{self._text[:start]}({near}){self._text[self._tokens[self._at - 1].end :]}"
        message = f"{operator.text} can join only words, phrases, and ORs of them"
        return self._fail(message, position=operator.start, repair=repair)

    def _read_prim(self, depth: int) -> Query:
        token = self._next
        if token.kind is TokenKind.OPEN:
            return self._read_brackets(token, depth)
        if token.kind is TokenKind.FIELD:
            return self._read_field(token, depth)
        if isinstance(token.meaning, Word | Phrase | Label):
            self._at += 1
            return token.meaning
        message = f"{token.text or 'the end of the query'} needs a word or phrase before it"
        if token.kind is TokenKind.NOT:
            message = f"{token.text} is not allowed here; put it before the whole part"
        raise self._fail(message, repair=self._without(token))

    def _read_field(self, token: Token, depth: int) -> Query:
        self._at += 1
        inner = self._read_prim(depth)
        if _has_scope(inner):
            message = (
                f"`{token.text}` can contain only words and phrases; write other fields beside it"
            )
            raise self._fail(message, position=token.start)
        return Inside(token.meaning if isinstance(token.meaning, Field) else Field.BODY, inner)

    def _is_next(self, kind: TokenKind) -> bool:
        return self._next.kind is kind

    def _read_brackets(self, token: Token, depth: int) -> Query:
        self._at += 1
        if self._is_next(TokenKind.CLOSE):
            raise self._fail("these brackets are empty; remove them", position=token.start)
        if self._is_next(TokenKind.END):
            raise self._fail(_OPEN_BRACKET, position=token.start)
        inner = self._read_or(depth + 1)
        if not self._is_next(TokenKind.CLOSE):
            repair = self._text.rstrip() + ")"
            raise self._fail(_OPEN_BRACKET, position=token.start, repair=repair)
        self._at += 1
        return inner

    def _refuse_only_negative(self) -> None:
        """Raise QuerySyntaxError: a query, or a branch of an OR, that only excludes would match almost everything."""
        message = "a query that only excludes would match everything else; add a word to search for"
        raise self._fail(message, position=self._only_negative[0])


def _has_places(query: Query) -> bool:
    """Return whether a part of a query has positions in a text, so that it can be near something."""
    match query:
        case Word() | Phrase() | Near():
            return True
        case Or(parts):
            return all(map(_has_places, parts))
        case Inside(_, inner):
            return _has_places(inner)
        case _:
            return False


def _has_scope(query: Query) -> bool:
    if isinstance(query, Inside | Label):
        return True
    return any(map(_has_scope, list_parts(query)))
