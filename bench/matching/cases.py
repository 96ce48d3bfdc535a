"""Query cases: what a query must find, must not find, or is refused for. ``python -m bench.matching --cases FILE`` runs a file.

A case is a line of JSON: id, query, title, body, lang, source, expect (true, false, "error"), error_at (column), why. A
body may begin with a byline; it is removed, as extraction does before anything is matched.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from crawler.errors import QuerySyntaxError
from crawler.extract.metadata.byline import read_byline_line
from crawler.matching.analysis.analyzer import analyze, source_names
from crawler.matching.matcher import compile_watch, holds
from crawler.model.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A case and its result; ``got`` is true, false or "error at N: message"."""

    id: str
    query: str
    why: str
    expected: str
    got: str
    is_right: bool


def run_cases(file: Path) -> list[Outcome]:
    """Run every case of a file, which holds one JSON object a line."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [_run(json.loads(line)) for line in lines if line.strip()]


def _run(case: dict[str, object]) -> Outcome:
    expected, at = case["expect"], case.get("error_at")
    stated = f"error at {at}" if expected == "error" and at is not None else _write(expected)
    try:
        compiled = compile_watch(Watch(id=1, name="case", query=str(case["query"])))
    except QuerySyntaxError as error:
        is_right = expected == "error" and at in {None, error.position} and bool(error.message)
        got = f"error at {error.position}: {error.message}"
    else:
        document = analyze(
            str(case["title"]),
            _without_byline(str(case["body"])),
            language=str(case["lang"]),
            sources=source_names(str(case["source"])),
        )
        answer = holds(compiled, document)
        is_right, got = expected is answer, _write(answer)
    return Outcome(
        id=str(case["id"]),
        query=str(case["query"]),
        why=str(case.get("why", "")),
        expected=stated,
        got=got,
        is_right=is_right,
    )


def _without_byline(body: str) -> str:
    first, _, rest = body.partition("\n")
    return body if read_byline_line(first) is None else rest


def _write(value: object) -> str:
    return json.dumps(value)
