"""Settings under old names: still read, each with a warning, so that a daemon does not stop over a word.

The only file of code that may contain retired words. An entry can be deleted once nobody has such a file any more.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crawler.config.files.places import list_config_files
from crawler.config.files.toml_text import load_toml, split_lines
from crawler.errors import Fault

# tables, single ones and lists
_TABLES = {"reading_room": "web", "words": "synonyms"}
# settings, by the present name of their table
_SETTINGS = {
    "mail": {"operator": "admin", "gather": "batch_window", "receipt": "status_report"},
    "store": {"keep_pages": "page_retention"},
    "fetch": {"max_pause": "max_feed_ttl"},
    "watch": {"aliases": "synonyms"},
}
_OLD_NAMES = frozenset({*_TABLES, *(name for names in _SETTINGS.values() for name in names)})
_PREFIX = "WATCHWORD_"
_HEADER = re.compile(r"(\s*\[\[?\s*)([\w-]+)(\s*\]\]?.*)", re.DOTALL)
_KEY = re.compile(r"(\s*)([\w-]+)(\s*[.=].*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Renaming:
    """An old name that was found, and its present one.

    where     the table it is in, as people write it; empty for a table or variable
    location  the setting's path with its present name
    """

    where: str
    old: str
    new: str
    location: tuple[str, ...] = ()

    @property
    def warning(self) -> str:
        """Return the warning for a person."""
        return f"{self.where}{self.old} is now called {self.new}; please rename it"

    @property
    def fault(self) -> str:
        """Return the fault if both names are given."""
        return f"{self.where}{self.old} is now called {self.new}, and both are given; keep only {self.new}"


@dataclass(frozen=True, slots=True)
class Renamed:
    """A file with the present names: its content, its text line by line, and what was renamed in it."""

    document: dict[str, object]
    text: str
    renamings: tuple[Renaming, ...] = ()
    clashes: tuple[Renaming, ...] = ()


def rename_settings(document: Mapping[str, object], text: str) -> Renamed:
    """Return a configuration file with the present names; if both are given the old one is dropped, and is a clash."""
    reading = _Reading()
    tables = reading.take(document, _TABLES)
    for table, names in _SETTINGS.items():
        value = tables.get(table)
        if isinstance(value, dict):
            tables[table] = reading.take(value, names, table, f"[{table}] ")
        elif isinstance(value, list):
            tables[table] = [reading.take_item(one, names, table) for one in value]
    if not reading.found and not reading.clashes:
        return Renamed(dict(document), text)
    renamings, clashes = dict.fromkeys(reading.found), dict.fromkeys(reading.clashes)
    return Renamed(tables, _rename_text(text), tuple(renamings), tuple(clashes))


@dataclass(slots=True)
class _Reading:
    """The old names found so far."""

    found: list[Renaming] = field(default_factory=list)
    clashes: list[Renaming] = field(default_factory=list)

    def take(
        self,
        values: Mapping[str, object],
        names: Mapping[str, str],
        table: str = "",
        where: str = "",
    ) -> dict[str, object]:
        """Return the values of a table under their present names; without ``table`` the values are the tables themselves."""
        taken = dict[str, object]()
        for name, value in values.items():
            new = names.get(name, name)
            if new != name:
                shown = (name, new) if table else (_bracket(name, value), _bracket(new, value))
                renaming = Renaming(where, *shown, location=(table, new) if table else (new,))
                (self.clashes if new in values else self.found).append(renaming)
            if new == name or new not in values:
                taken[new] = value
        return taken

    def take_item(self, item: object, names: Mapping[str, str], table: str) -> object:
        """Return one ``[[table]]`` with the present names; anything but a table is returned as it is."""
        return self.take(item, names, table, f"[[{table}]] ") if isinstance(item, dict) else item


def _bracket(table: str, value: object) -> str:
    return f"[[{table}]]" if isinstance(value, list) else f"[{table}]"


def _rename_text(text: str) -> str:
    """Return the text of a file with the present names, in which the lines of faults are looked up."""
    lines, names = list[str](), dict[str, str]()
    for line in split_lines(text):
        if header := _HEADER.fullmatch(line):
            table = _TABLES.get(header[2], header[2])
            names = _SETTINGS.get(table, {})
            lines.append(f"{header[1]}{table}{header[3]}")
        elif key := _KEY.fullmatch(line):
            lines.append(f"{key[1]}{names.get(key[2], key[2])}{key[3]}")
        else:
            lines.append(line)
    return "\n".join(lines)


def rename_variables(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[Fault, ...]]:
    """Return the environment with the present names, and a fault for each setting that is given under both."""
    renamed, faults = dict(environ), list[Fault]()
    for renaming in _list_variables(environ):
        value = renamed.pop(renaming.old)
        if environ.get(renaming.new):
            file = f"the environment variable {renaming.old}"
            faults.append(Fault(file=file, line=0, where="", problem=renaming.fault))
        else:
            renamed[renaming.new] = value
    return renamed, tuple(faults)


def _list_variables(environ: Mapping[str, str]) -> Iterator[Renaming]:
    pairs = [(f"{old}_", f"{new}_") for old, new in _TABLES.items()]
    pairs += [
        (f"{table}_{old}", f"{table}_{new}")
        for table, names in _SETTINGS.items()
        for old, new in names.items()
    ]
    for name in sorted(environ):
        for old, new in pairs:
            start = f"{_PREFIX}{old}".upper()
            rest = name.removeprefix(start)
            if environ[name] and rest != name and (old.endswith("_") or rest in {"", "_FILE"}):
                yield Renaming("", name, f"{_PREFIX}{new}".upper() + rest)


def list_warnings(path: Path, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return a sentence for each setting under an old name, in the order of the files.

    A file that cannot be read is skipped: ``load_config`` reports it.
    """
    found = [renaming.warning for renaming in _list_variables(environ)]
    for file in list_config_files(path):
        try:
            text = file.read_text(encoding="utf-8-sig")
            if not any(name in text for name in _OLD_NAMES):
                continue  # parsing the files of 50,000 sources once more takes seconds
            renamed = rename_settings(load_toml(text), text)
        except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError):
            continue
        found += [f"{file}: {one.warning}" for one in renamed.renamings]
    return tuple(dict.fromkeys(found))
