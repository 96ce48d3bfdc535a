"""Turning errors of pydantic and tomllib into faults with file, line and remedy."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from crawler.errors import Fault

_TOML_SPOT = re.compile(r"\(at line (\d+), column (\d+)\)")
Location = tuple[int | str, ...]
# settings of a later release: somebody who copies one from its documentation is told so, and gets no "did you mean"
_COMING = frozenset({"import"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part of the configuration was written.

    text           the content of the file
    table, number  the ``[[table]]`` it is in, and which one, counted from 0
    """

    file: str
    text: str
    table: str = ""
    number: int = 0

    def at(self, table: str, number: int) -> "Origin":
        """Return the origin of one ``[[table]]`` of the same file."""
        return Origin(file=self.file, text=self.text, table=table, number=number)

    def fault(self, loc: Location, problem: str) -> Fault:
        """Return a fault of a field of this origin."""
        path: Location = (self.table, self.number, *loc) if self.table else loc
        return Fault(
            file=self.file,
            line=find_line(self.text, path),
            where=_write_path(path),
            problem=problem,
        )

    def spot(self) -> str:
        """Return ``file:line`` of the item."""
        return f"{self.file}:{find_line(self.text, (self.table, self.number))}"

    @staticmethod
    def near(problem: str, wrong: str, known: Iterable[str]) -> str:
        """Return a problem, with "did you mean" if a known word is near to the wrong one."""
        close = get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)  # difflib's own default
        return f'{problem}; did you mean "{close[0]}"?' if close else problem


def find_line(text: str, path: Location) -> int:
    """Return the 1-based line of a setting; that of its table if it has none, 0 if neither is found.

    tomllib keeps no positions, so this reads headers and ``key =`` at the beginning of lines, as people write TOML. A key in
    an inline table is found by the outer key.
    """
    table, item, keys = _split_path(path)
    table_line, count, inside = 0, -1, table == ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?", line)
        if header:
            count += header[1] == table
            inside = header[1] == table and (item is None or count == item)
            if inside or (not table and header[1] == keys[0]):
                table_line = number
        elif inside and keys and re.match(rf"\s*[\"']?{re.escape(keys[0])}[\"']?\s*[.=]", line):
            return number
    return table_line


def _split_path(path: Location) -> tuple[str, int | None, list[str]]:
    """Return a path as table, number of the item (None for a single table), and keys."""
    if len(path) > 1 and isinstance(path[1], int):
        return str(path[0]), path[1], [str(part) for part in path[2:]]
    if len(path) > 1:
        return str(path[0]), None, [str(part) for part in path[1:]]
    return "", None, [str(part) for part in path]


def _write_path(path: Location) -> str:
    """Return a path such as ``source[2].every``; items are counted from 1, as people do."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def describe_errors(
    errors: ValidationError | Iterable[Mapping[str, Any]],
    model: type[BaseModel],
    origin: Origin,
    prefix: Location,
) -> list[Fault]:
    """Return pydantic's errors about ``model`` as faults; for an unknown key with the nearest known one."""
    if isinstance(errors, ValidationError):
        errors = [dict(item) for item in errors.errors(include_url=False, include_input=False)]
    return [origin.fault((*prefix, *item["loc"]), _describe(item, model)) for item in errors]


def _describe(item: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, message = str(item["type"]), str(item["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        key = str(item["loc"][-1])
        if key in _COMING:
            return f'the setting "{key}" is not available in this release yet; remove it'
        return Origin.near(f'there is no setting "{key}"', key, _keys_at(model, item["loc"][:-1]))
    if kind == "missing":
        return "is missing; this setting is required"
    if kind in {"tuple_type", "list_type"}:
        return 'this must be a list in brackets, such as ["one", "two"]'
    return message[:1].lower() + message[1:] if not message.startswith('"') else message


def _keys_at(model: type[BaseModel], loc: Location) -> set[str]:
    """Return the keys that are allowed in the table at a location."""
    for part in loc:
        found = model.model_fields.get(str(part))
        nested = (found.annotation, *get_args(found.annotation)) if found else ()
        model = next(
            (kind for kind in nested if isinstance(kind, type) and issubclass(kind, BaseModel)),
            model,
        )
    return {info.alias or name for name, info in model.model_fields.items()} | (
        {"source", "watch", "synonyms"} if model.__name__ == "Config" else set()
    )


def toml_fault(file: Path, error: Exception) -> Fault:
    """Return the fault of a file that cannot be read as TOML."""
    if isinstance(error, tomllib.TOMLDecodeError):
        spot = _TOML_SPOT.search(str(error))
        problem = f"this is not TOML: {_TOML_SPOT.sub('', str(error)).strip()}"
        return Fault(file=str(file), line=int(spot[1]) if spot else 0, where="", problem=problem)
    reason = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
    return Fault(file=str(file), line=0, where="", problem=f"cannot be read: {reason}")
