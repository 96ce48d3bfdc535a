"""SQL stands in storage/ and nowhere else: whoever changes a table reads one folder."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.statements import STORAGE

ROOT = Path(__file__).resolve().parents[2]
# bench/ builds files of its own; datasette.yml contains the queries that Datasette makes by itself
PROGRAM = ("crawler", "scheduler", "watchword")
# what lies in PostgreSQL is no table of ours, and is lost without harm (decision 054)
CARRIER = ROOT / "crawler" / "carriers"
_SQL = re.compile(
    r"""\s*(?:select\b.*\bfrom\b | insert\s+(?:or\s+\w+\s+)?into\b | replace\s+into\b | update\s+(?:or\s+\w+\s+)?\w+\s+set\b
        | delete\s+from\b | with\s+(?:recursive\s+)?\w+\s*(?:\([^)]*\))?\s*as\s*\( | pragma\s+\w+ | vacuum\b | analyze\b
        | (?:create|alter|drop)\s+(?:temp\s+|unique\s+|virtual\s+)?(?:table|index|view)\b | begin\s+immediate\b)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_CALLS = frozenset({"execute", "executemany", "executescript"})


def find_sql(code: str) -> Iterator[int]:
    """Return the lines of Python code with a text of SQL, or with a call that takes one."""
    tree = ast.parse(code)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in prose:
            if _SQL.match(_read_text(node)):
                yield node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _CALLS:
            yield node.lineno


def find_unnumbered(code: str) -> Iterator[int]:
    """Return the lines of calls that give a tuple or a list to places ``?1``, ``?2``, ...

    Python 3.12 only warns of it, and not at all if nobody runs the call there.
    """
    for node in ast.walk(ast.parse(code)):
        # executemany's list holds the values of many statements
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "execute":
            statement, *values = node.args
            is_plain = any(isinstance(value, ast.Tuple | ast.List) for value in values)
            if is_plain and re.search(r"\?\d", _read_text(statement)):
                yield node.lineno


def _read_text(node: ast.expr) -> str:
    """Return the text of a constant or an f-string, a word for each value in it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_read_text(part) for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else "value"


@pytest.mark.parametrize("folder", PROGRAM)
def test_no_code_outside_storage_holds_sql(folder: str) -> None:
    files = [
        path
        for path in (ROOT / folder).rglob("*.py")
        if STORAGE not in path.parents and CARRIER not in path.parents
    ]

    found = [
        f"{path.relative_to(ROOT)}:{line}" for path in files for line in find_sql(path.read_text())
    ]

    assert files
    assert found == []


@pytest.mark.parametrize("folder", [*PROGRAM, "bench", "tests"])
def test_numbered_places_get_numbered_values(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in (ROOT / folder).rglob("*.py")
        for line in find_unnumbered(path.read_text())
    ]

    assert found == []


def test_a_tuple_for_numbered_places_is_seen() -> None:
    assert list(find_unnumbered('c.execute("SELECT ?1", (1,))')) == [1]
    assert list(find_unnumbered('c.execute(f"SELECT {x} WHERE a = ?2", [1, 2])')) == [1]
    assert not list(find_unnumbered('c.execute("SELECT ?", (1,)) + c.execute("SELECT ?1", n(1))'))


def test_no_template_holds_sql() -> None:
    templates = [path for folder in PROGRAM for path in (ROOT / folder).rglob("*.html")]

    found = [
        path.name
        for path in templates
        if re.search(r"\bselect\s[^<>]+?\sfrom\s", path.read_text(), re.IGNORECASE)
    ]

    assert templates
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'c.execute(found)',
        'q = "select id from articles"',
        'q = f"UPDATE {table} SET x = 1"',
        'q = """\n  WITH due AS (SELECT 1) SELECT * FROM due"""',
        'q = "PRAGMA busy_timeout = 1"',
    ],
)  # fmt: skip
def test_sql_is_seen(code: str) -> None:
    assert list(find_sql(code))


def test_prose_is_not_taken_for_sql() -> None:
    assert not list(
        find_sql('def f():\n    """Select what comes from a feed."""\n    return "update the page"')
    )
