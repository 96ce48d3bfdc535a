"""The generator of docs/reference/tables.md, from the descriptions that the web pages show."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import yaml

_INTRODUCTION = """\
---
description: Every table and column of the database, and the queries that come with it.
---

# Tables

<!-- written by `make docs` from watchword/web/datasette.yml: edit there -->

Everything is stored in one SQLite file (`[store] path`), and any program may read it. `watchword browse` shows the same tables under *Tables*,
with these descriptions. Do not write into it: `watchword` commands ask the daemon instead, by a row in `requests`.

Columns that end in `_at` are instants in UTC, `2026-11-23T10:00:00.000000+00:00`. A column that ends in `_id` is the `id` of a row of the table named before it.
"""


def describe_tables() -> str:
    """Return the content of docs/reference/tables.md."""
    text = (files("watchword") / "web" / "datasette.yml").read_text(encoding="utf-8")
    described: dict[str, Any] = yaml.safe_load(text)["databases"]["watchword"]
    tables = {name: one for name, one in described["tables"].items() if one.get("columns")}
    parts = [_INTRODUCTION, *_write_queries(described["queries"])]
    for name in sorted(tables):
        parts += _write_table(name, tables[name])
    return "\n".join(parts) + "\n"


def _write_queries(queries: dict[str, Any]) -> Iterator[str]:
    yield "## Queries that are often asked\n"
    yield "The web pages list them under *Tables*.\n\n| query | what it answers |\n| --- | --- |"
    for name, query in queries.items():
        yield f"| `{name}`: {query['title']} | {_to_cell(query.get('description', ''))} |"
    yield ""


def _write_table(name: str, table: dict[str, Any]) -> Iterator[str]:
    yield f"## {name}\n"
    if table.get("description"):
        yield f"{_to_cell(table['description'])}\n"
    yield "| column | meaning |\n| --- | --- |"
    for column, meaning in table["columns"].items():
        yield f"| `{column}` | {_to_cell(meaning)} |"
    yield ""


def _to_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;").replace("<", "&lt;")
