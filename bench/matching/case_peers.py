"""The query cases asked of what people match words with instead, as far as it can express them.

A case counts if it has an answer: whether a text matches. A query a program cannot express is one it does not answer right. For FTS5
the query is written as its documentation asks; scanners and regular expressions are given a single word or phrase.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.matching.peers import make_ahocorasick_rs, make_fts5, make_pyahocorasick, make_re_loop
from bench.matching.watches import Text

# returns whether a text matches a query; None if the query cannot be expressed
Ask = Callable[[str, Text], bool | None]
_OPERATOR = re.compile(r"\b(?:AND|OR|NOT|O?NEAR/\d+)\b|[():*=|]|(?:^|\s)-\w")
_NEAR = re.compile(r"(\S+) NEAR/(\d+) (\S+)$")
_WORD = re.compile(r"[^\s()]+")
_KEPT = {"AND", "OR", "NOT"}


def count_right(file: Path) -> dict[str, tuple[int, int, int]]:
    """Return for each peer how many cases it answers right, how many it can express, and how many there are.

    A peer that is not installed is left out.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines if line.strip()]
    judged = [case for case in cases if isinstance(case["expect"], bool)]
    peers = {
        "SQLite FTS5": _ask_fts5,
        "regular expressions": _ask_literals(lambda literal: make_re_loop([literal])),
        "pyahocorasick": _ask_literals(lambda literal: make_pyahocorasick([literal])),
        "ahocorasick_rs": _ask_literals(lambda literal: make_ahocorasick_rs([literal])),
    }
    counted = {name: _count(ask, judged) for name, ask in peers.items() if _is_there(ask)}
    return {name: (right, asked, len(judged)) for name, (right, asked) in counted.items()}


def _is_there(ask: Ask) -> bool:
    return ask("drone", Text("", "a drone")) is not None


def _count(ask: Ask, cases: list[Mapping[str, Any]]) -> tuple[int, int]:
    answers = [
        (ask(case["query"], Text(case["title"], case["body"])), case["expect"]) for case in cases
    ]
    given = [(answer, wanted) for answer, wanted in answers if answer is not None]
    return sum(answer == wanted for answer, wanted in given), len(given)


def _ask_fts5(query: str, text: Text) -> bool | None:
    try:
        return make_fts5([write_fts5(query)])(text) > 0
    except sqlite3.Error:
        return None


def write_fts5(query: str) -> str:
    """Return a query in the language of FTS5: near words as a function, every bare word in quotes."""
    near = _NEAR.fullmatch(query)
    if near:
        return f'NEAR("{near[1]}" "{near[3]}", {near[2]})'
    parts = re.split(r'("[^"]*")', query)
    return "".join(part if part[:1] == '"' else _WORD.sub(_quote, part) for part in parts)


def _quote(found: re.Match[str]) -> str:
    field, colon, word = found[0].rpartition(":")
    if found[0] in _KEPT or not word:
        return found[0]
    star = " *" if word.endswith("*") else ""
    return f'{field}{colon}"{word.rstrip("*")}"{star}'


def _ask_literals(make: Callable[[str], Callable[[Text], int] | None]) -> Ask:
    def ask(query: str, text: Text) -> bool | None:
        literal = find_literal(query)
        scan = make(literal) if literal else None
        return None if scan is None else scan(text) > 0

    return ask


def find_literal(query: str) -> str:
    """Return the word or phrase that a query consists of; empty if it is more than one."""
    bare = query.strip().strip('"«»')
    is_phrase = query.strip()[:1] in {'"', "«"}
    if _OPERATOR.search(bare) or '"' in bare or (" " in bare and not is_phrase):
        return ""
    return bare
