"""Turning errors of pydantic and tomllib into faults with file, line and remedy."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from crawler.config.checks.wording import say_toml, say_unknown, say_value
from crawler.config.files.toml_text import split_lines
from crawler.errors import Fault

_TOML_SPOT = re.compile(r"\(at line (\d+), column (\d+)\)")
# a kind of value in a location, such as literal['auto'] or function-before[parse()], and the key of a table
_INNER = re.compile(r"^\[key\]$|^[a-z]+(-[a-z]+)*\[.*\]$|^(is-instance|lax-or-strict|nullable)\b")
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
    for number, line in enumerate(split_lines(text), start=1):
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
    found: dict[Location, list[str]] = {}
    for item in errors:
        loc = _cut_location(item["loc"])
        problem = _describe({**item, "loc": loc}, model)
        if problem not in (said := found.setdefault(loc, [])):
            said.append(problem)
    return [origin.fault((*prefix, *loc), _join(said)) for loc, said in found.items()]


def _cut_location(loc: Location) -> Location:
    """Return a location without the names that pydantic adds for the kinds of value a setting can have."""
    end = next((n for n, part in enumerate(loc) if n and _INNER.search(str(part))), len(loc))
    return loc[:end]


def _join(said: list[str]) -> str:
    """Return what is wrong with one value: of a setting that takes several kinds of value, what to write of each."""
    if len(said) == 1:
        return said[0]
    choices = [one.removeprefix("write ") for one in said if one.startswith("write ")]
    others = [one for one in said if not one.startswith("write ")]
    if not choices or len(others) > 1:
        return "; or ".join(said)
    return f"{others[0]}, or {' or '.join(choices)}" if others else f"write {', or '.join(choices)}"


def _describe(item: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, key = str(item["type"]), str(item["loc"][-1] if item["loc"] else "")
    if kind == "extra_forbidden":
        if key in _COMING:
            return f'the setting "{key}" is not available in this release yet; remove it'
        known, problem = _keys_at(model, item["loc"][:-1]), f'there is no setting "{key}"'
        near = Origin.near(problem, key, known)
        return near if near != problem else say_unknown(key, known)
    if kind not in {"value_error", "assertion_error"}:
        # an item of a list is written as the setting says
        names = [str(part) for part in item["loc"] if isinstance(part, str)]
        return say_value(kind, item.get("ctx", {}), key=names[-1] if names else "")
    message = str(item["msg"]).removeprefix("Value error, ")
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
        line = int(spot[1]) if spot else count_lines(file)
        return Fault(file=str(file), line=line, where="", problem=say_toml(str(error)))
    if isinstance(error, UnicodeDecodeError):
        problem = "this file is not UTF-8 text; save it as UTF-8 in your editor"
        return Fault(file=str(file), line=0, where="", problem=problem)
    if isinstance(error, RecursionError):
        problem = "lists or tables lie too deep within each other; write each setting as shown by `watchword init`"
        return Fault(file=str(file), line=0, where="", problem=problem)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Fault(file=str(file), line=0, where="", problem=f"cannot be read: {reason}")


def count_lines(file: Path) -> int:
    """Return the last line of a file, where an error "at end of document" is; 0 if it cannot be read."""
    try:
        return len(split_lines(file.read_text(encoding="utf-8-sig")))
    except OSError:
        return 0
