"""What each file of a configuration says, and a memory of it, so that an edit costs what it changed.

A file whose text is as before is not parsed again, and a table of a changed file that is as before is not validated
again: of 50,000 sources that takes seconds (docs/internals/benchmarks.md).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from pydantic import BaseModel, ValidationError

from crawler.config.checks.faults import Origin, describe_errors, toml_fault
from crawler.config.files.retired import Renaming, rename_settings
from crawler.config.files.toml_text import load_toml
from crawler.config.sections.mail import ChannelSettings
from crawler.config.sections.recipients import RecipientSettings
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import SynonymSettings, WatchSettings
from crawler.errors import Fault

LISTS: dict[str, type[BaseModel]] = {
    "source": SourceSettings,
    "watch": WatchSettings,
    "synonyms": SynonymSettings,
    "channel": ChannelSettings,
    "recipient": RecipientSettings,
}
Item = tuple[BaseModel, Origin]


@dataclass(slots=True)
class FilePart:
    """What one file says.

    text      its text, as it is in the file
    origin    the file, with its text under the present names of settings
    tables    the tables that may be in one file only, as they are written
    unread    kinds of lists with a table that could not be read
    items     the valid tables of lists, by kind, with their origins
    settings  the same settings by kind and a digest of what is written; empty without a memory
    """

    text: str = ""
    origin: Origin = field(default_factory=lambda: Origin(file="", text=""))
    faults: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    renamings: tuple[Renaming, ...] = ()
    tables: dict[str, object] = field(default_factory=dict)
    items: dict[str, list[Item]] = field(default_factory=lambda: {name: [] for name in LISTS})
    settings: dict[tuple[str, bytes], BaseModel] = field(default_factory=dict)


class FileMemory:
    """The parts read last, by file, and the folder that their paths count from. Keep it for one configuration."""

    def __init__(self) -> None:
        self._parts: dict[Path, FilePart] = {}

    def read(self, file: Path, folder: Path) -> FilePart:
        """Return what a file says; what did not change since the last call is what was returned then."""
        known = self._parts.get(file)
        part = _read_part(file, folder, known)
        self._parts[file] = part
        return part

    def keep_only(self, files: tuple[Path, ...]) -> None:
        """Forget the files that are not there any more."""
        self._parts = {file: part for file, part in self._parts.items() if file in files}


def read_part(file: Path, folder: Path) -> FilePart:
    """Return what a file says, faults included.

    folder  the folder that relative paths count from
    """
    return _read_part(file, folder, None, has_memory=False)


def _read_part(
    file: Path, folder: Path, known: FilePart | None, *, has_memory: bool = True
) -> FilePart:
    try:
        text = file.read_text(encoding="utf-8-sig")
        if known is not None and known.text == text and known.origin.file:
            return known
        document = load_toml(text)
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        return FilePart(faults=[toml_fault(file, error)], unread=set(LISTS), settings=known.settings if known else {})  # fmt: skip
    renamed = rename_settings(document, text)
    origin = Origin(file=str(file), text=renamed.text)
    part = FilePart(text=text, origin=origin, renamings=renamed.renamings)
    part.faults.extend(origin.fault(one.location, one.fault) for one in renamed.clashes)
    for key, value in renamed.document.items():
        if key not in LISTS:
            part.tables[key] = value
        elif not isinstance(value, list):
            problem = f"write `[[{key}]]` with two brackets: there can be several"
            part.faults.append(origin.fault((key,), problem))
            part.unread.add(key)
        else:
            before = known.settings if known else {}
            _read_list(key, value, part, folder=folder, before=before if has_memory else None)
    return part


def _read_list(
    key: str,
    value: list[object],
    part: FilePart,
    *,
    folder: Path,
    before: Mapping[tuple[str, bytes], BaseModel] | None,
) -> None:
    """Add the tables of a list to a part; with ``before``, take unchanged ones from there, and remember all."""
    model, origin = LISTS[key], part.origin
    for number, item in enumerate(value):
        place = (key, b"" if before is None else _digest(item))
        settings = before.get(place) if before else None
        if settings is None:
            try:
                settings = model.model_validate(item, context={"folder": folder})
            except ValidationError as error:
                part.faults.extend(describe_errors(error, model, origin, (key, number)))
                part.unread.add(key)
                continue
        if before is not None:
            part.settings[place] = settings
        part.items[key].append((settings, origin.at(key, number)))


def _digest(item: object) -> bytes:
    """Return a digest of what is written and not of its value: ``1 == true`` in Python, and only one of them is valid."""
    return blake2b(repr(item).encode("utf-8", "surrogatepass"), digest_size=16).digest()
