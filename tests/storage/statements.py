"""Every SQL statement of storage/, read from its source code: its place, and its text as SQLite gets it.

A call of ``execute`` with a text is one statement. With an f-string or a name it is one for each value of its parts: a
constant of the module, or an entry of ``PIECES``. A part that is neither is an error, so that none is left out.
"""

import ast
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

import crawler.storage
from crawler.model.visit import PageOutcome
from crawler.storage.crawl import crawl_times
from crawler.storage.file import database
from crawler.storage.file.owners import TABLES
from crawler.storage.process import last_moment, renames
from crawler.storage.retention import old_records
from crawler.storage.watch import merges

STORAGE = Path(crawler.storage.__file__).parent
ROOT = Path(__file__).resolve().parents[2]
_CALLS = frozenset({"execute", "executemany"})


def _each(name: str, *texts: str) -> tuple[dict[str, str], ...]:
    return tuple({name: text} for text in texts)


_RENAMED = _each("table", "watches", "sources")
_ANY_COUNT = _each("places", "?", "?, ?, ?")
_FACTS = _each("columns", "headline = :headline, byline = :byline")
_RECORDS = tuple(
    {"table": table, "_OLD[table]": old_records._OLD[table], "_NUMBERS[table]": old_records._NUMBERS[table]}
    for table in old_records._OLD
)  # fmt: skip
# function -> the texts that names and attributes in its statements stand for, one mapping for each way they are prepared
PIECES: Mapping[str, tuple[dict[str, str], ...]] = {
    "announcements._save_entry": ({"columns": "source_id, entry_key, announced_url", "places": ":a, :b, :c"},),
    "announcements.refresh_entry": (
        {"changes": "title = coalesce(nullif(:title, ''), title)", "is_from_words": "text <> '' AND article_id IS NOT NULL"},
    ),
    "articles._save_article": ({"columns": "url, url_key, source_id", "places": ":a, :b, :c"},),
    "articles._complete_article": _FACTS,
    "articles.rewrite_article": _FACTS,
    "crawl_times._repair": tuple(
        {"moment.table": moment.table, "moment.column": moment.column, "moment.where": moment.where} for moment in crawl_times._MOMENTS
    ),
    "database.open_for_writing": _each("pragma", *database._PRAGMAS),
    "boilerplate.list_boilerplate": _ANY_COUNT,
    "health.read_through": _each("table", *sorted(TABLES.keys() - {"revision_keys"})),
    "activity._last": _each("table", "visits", "revisions", "matches", "attempts"),
    "keys.list_texts": _ANY_COUNT,
    "last_moment.find_last_moment": _each("sql", *last_moment._LATEST),
    "merges.list_merged": _each("table", *merges._MOVES),
    "merges.move_history": tuple(
        dict(zip(("other", "column"), place.split("."), strict=True)) for places in merges._MOVES.values() for place in places
    ),
    "renames.save_next_name": _RENAMED,
    "renames._find_name": _RENAMED,
    "renames._set_name": _RENAMED,
    "renames._step_back": _RENAMED,
    "renames.merge_row": tuple({"table": table, "muted_by": column} for table, column in renames._MUTED_BY.items()),
    "visits.count_page": _each("column", *(f"{outcome.value}_count" for outcome in PageOutcome)),
    "stories.get_texts": _ANY_COUNT,
    "story_marks.mark_stories": _each("column", "starred_at", "read_at"),
    "today.list_matched_stories": (
        {"chosen": "watch_id = :watch", "plus": "", "order": "matched_at DESC, id DESC"},
        {"chosen": "watch_id IN (SELECT id FROM watches WHERE is_active = 1)", "plus": "+", "order": "id DESC"},
    ),
    "file_room.measure_file": _each("name", "page_size"),
    "file_room.estimate_row_bytes": tuple({"table": table, "lengths": "length(id)"} for table in ("pages", "revisions", "visits")),
    "old_learning.forget_rare_lines": _each("table", "boilerplate_sightings", "boilerplate"),
    "old_records.forget_records": _RECORDS,
    "old_records.count_old_records": _RECORDS,
    "packed_texts._store": ({"columns": "id, body", "places": ":id, :body"},),
    "old_stories._delete": _each("table", "pages", "shingles", "article_sources"),
    "old_stories._unlink": _each("table", "similarities", "story_rulings"),
    "walls.unlink_article": _each("table", "similarities", "story_rulings"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; ``place`` is its module and function, ``line`` where the call stands."""

    place: str
    line: int
    sql: str


class CannotResolve(Exception):
    """A part of a statement is neither a constant of its module nor listed in PIECES."""


def list_statements() -> tuple[Statement, ...]:
    """List the statements of all modules but the migrations, which run once and alone."""
    files = sorted(path for path in STORAGE.rglob("*.py") if "migrations" not in path.parts)
    return tuple(statement for path in files for statement in _list_in(path))


def list_canned() -> tuple[Statement, ...]:
    """Return the queries that the web pages offer and those that Datasette makes by itself."""
    described = yaml.safe_load(
        (ROOT / "watchword" / "web" / "datasette.yml").read_text(encoding="utf-8")
    )
    queries = described["databases"]["watchword"]["queries"]
    return tuple(
        Statement(place=f"datasette.yml.{name}", line=0, sql=query["sql"])
        for name, query in queries.items()
    )


def count_calls() -> int:
    """Return the number of calls that pass a statement to SQLite, counted by their text alone."""
    files = (path for path in STORAGE.rglob("*.py") if "migrations" not in path.parts)
    return sum(path.read_text().count(f".{call}(") for path in files for call in _CALLS)


def _list_in(path: Path) -> Iterator[Statement]:
    name = ".".join(("crawler", "storage", *path.relative_to(STORAGE).with_suffix("").parts))
    constants = vars(importlib.import_module(name.removesuffix(".__init__")))
    for function in ast.parse(path.read_text()).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        place = f"{path.stem}.{function.name}"
        for call in ast.walk(function):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in _CALLS
            ):
                texts = {
                    _resolve(call.args[0], constants | pieces, place)
                    for pieces in PIECES.get(place, ({},))
                }
                yield from (
                    Statement(place=place, line=call.lineno, sql=sql) for sql in sorted(texts)
                )


def _resolve(node: ast.expr, names: Mapping[str, object], place: str) -> str:
    """Return the text of an expression."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.FormattedValue):
        return _resolve(node.value, names, place)
    if isinstance(node, ast.JoinedStr):
        return "".join(_resolve(part, names, place) for part in node.values)
    found = names.get(ast.unparse(node))
    if isinstance(found, str):
        return found
    raise CannotResolve(f"{place}: {ast.unparse(node)}")
