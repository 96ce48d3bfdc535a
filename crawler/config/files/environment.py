"""Settings from the environment, which win over the files: containers are configured this way.

WATCHWORD_<TABLE>_<KEY>          a setting, as WATCHWORD_MAIL_HOST; lists with commas
WATCHWORD_<TABLE>_<KEY>_FILE     the same from a file, as secrets of Docker and Kubernetes
WATCHWORD_DATABASE               [store] path
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel

from crawler.config.checks.faults import Location, Origin
from crawler.errors import Fault
from crawler.machine.access import explain_reading

_PREFIX = "WATCHWORD_"
_FILE = "_FILE"
# used as they are, because blanks and quotes may belong to them
_SECRETS = frozenset({"password"})
# docker's --env-file keeps quotes, where a shell and compose remove them
_QUOTED = re.compile(r"(['\"]).*\1", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A setting that the environment can give.

    loc      table and key; a setting at the top has its key only, one of an inline table a third part
    is_path  made absolute here, because paths in the files count from another folder
    """

    loc: tuple[str, ...]
    is_list: bool
    is_path: bool


@dataclass(slots=True)
class Stated:
    """The settings of the environment: values and names of variables by location, and faults."""

    values: dict[tuple[str, ...], object] = field(default_factory=dict)
    variables: dict[tuple[str, ...], str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def origin_of(self, loc: Location) -> Origin | None:
        """Return the variable that a setting came from, None if it came from a file."""
        for length in range(1, len(loc) + 1):
            name = self.variables.get(tuple(map(str, loc[:length])))
            if name:
                return Origin(file=f"the environment variable {name}", text="")
        return None


def read_environment(environ: Mapping[str, str], model: type[BaseModel]) -> Stated:
    """Return the settings of the environment. An empty variable counts as unset: compose passes those nobody set as empty."""
    places = list_variables(model)
    tables = tuple(f"{_PREFIX}{table.upper()}_" for table, _ in _list_tables(model))
    stated = Stated()
    for name in sorted(environ):
        text = environ[name]
        if not text or not name.startswith(_PREFIX):
            continue
        if name in places:
            _take(name, text, places[name], stated)
        elif name.endswith(_FILE) and (place := places.get(name.removesuffix(_FILE))):
            _take_file(name, text, place, stated)
        elif name.startswith(tables):
            problem = Origin.near("there is no such setting", name, places)
            stated.faults.append(_fault(name, problem))
    return stated


def list_variables(model: type[BaseModel]) -> dict[str, Place]:
    """Return all variables, without the ``_FILE`` ones, and the setting of each."""
    places = {_PREFIX + "_".join(place.loc).upper(): place for place in _list_places(model)}
    return {**places, f"{_PREFIX}DATABASE": places[f"{_PREFIX}STORE_PATH"]}


def _take(name: str, text: str, place: Place, stated: Stated) -> None:
    value: object = text
    is_secret = place.loc[-1] in _SECRETS
    if not is_secret and _QUOTED.fullmatch(text.strip()):
        problem = "its value is in quotes, which an --env-file keeps; write it without them"
        stated.faults.append(_fault(name, problem))
        return
    if place.is_list:
        value = [part.strip() for part in text.split(",") if part.strip()]
    elif not is_secret:
        value = text.strip()  # a blank may belong to a password
    if place.is_path:
        # a path in the environment was written for the current folder
        value = str(Path(text.strip()).expanduser().absolute())
    stated.values[place.loc] = value
    stated.variables[place.loc] = name


def _take_file(name: str, text: str, place: Place, stated: Stated) -> None:
    try:
        content = Path(text).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = (
            explain_reading(error, Path(text))
            if isinstance(error, OSError)
            else "it is not UTF-8 text"
        )
        stated.faults.append(_fault(name, f"the file {text} cannot be read: {reason}"))
        return
    _take(name, content.rstrip("\r\n"), place, stated)


def _fault(name: str, problem: str) -> Fault:
    return Fault(file=f"the environment variable {name}", line=0, where="", problem=problem)


def put_into(tables: dict[str, object], stated: Stated) -> None:
    """Put the environment's settings over those of the files; its ``password`` removes their ``password_file``, and so on."""
    for (*path, key), value in stated.values.items():
        table: object = tables
        for part in path:
            table = table.setdefault(part, {}) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table[key] = value
            twin = key.removesuffix("_file") if key.endswith("_file") else f"{key}_file"
            if twin in table and (*path, twin) not in stated.values:
                del table[twin]


def _list_tables(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield name, info.annotation


def _list_places(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Place]:
    """Yield the settings that are one value or a list of values, with those of inline tables."""
    names = {name: info.alias or name for name, info in model.model_fields.items()}
    for name, info in model.model_fields.items():
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _list_places(annotation, (*path, names[name]))
        elif not _holds_tables(annotation):
            is_list = get_origin(annotation) is tuple
            yield Place((*path, names[name]), is_list, _is_path(annotation))


def _holds_tables(annotation: object) -> bool:
    """Return whether a setting is a table or a list of tables, such as `headers` or `[[source]]`."""
    if get_origin(annotation) is dict or annotation is dict:
        return True
    parts = get_args(annotation)
    return any(isinstance(part, type) and issubclass(part, BaseModel) for part in parts)


def _is_path(annotation: object) -> bool:
    """Return whether a setting is a path, optional or not."""
    return annotation is Path or any(map(_is_path, get_args(annotation)))
