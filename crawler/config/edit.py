"""Editing the TOML files with comments and order kept, for ``watchword source add``, ``watch edit`` and others."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Table

from crawler.config.files.find import Shape, read_shaped, replace_file
from crawler.config.load import find_config_files, load_config
from crawler.config.values import to_composed
from crawler.errors import ConfigFaulty, Fault

Kind = Literal["source", "watch", "synonyms"]
# files for new items, if the configuration is a folder
_NEW_FILES: dict[Kind, str] = {
    "source": "sources.toml",
    "watch": "watches.toml",
    "synonyms": "synonyms.toml",
}


def add_items(path: Path, kind: Kind, items: Sequence[Mapping[str, object]]) -> Path:
    """Append sources, watches or synonym sets to the configuration, and return the file they were written to.

    path    the configuration: a file, or a folder, in which each kind has a file: ``sources.toml``, ``watches.toml``, ``synonyms.toml``
    raises  ConfigFaulty if the result would have new faults; then nothing is changed
    """
    file = path if path.suffix == ".toml" else path / _NEW_FILES[kind]
    document = _read(file) if file.exists() else tomlkit.document()
    tables = document.setdefault(kind, tomlkit.aot())
    for item in items:
        table = tomlkit.table()
        for key, value in item.items():
            table.append(key, value)
        tables.append(table)
        # a blank line before each table but the first of the file
        table.trivia.indent = "\n" if len(tables) > 1 or len(document.body) > 1 else ""
    _replace(file, tomlkit.dumps(document), path)
    return file


def find_item(path: Path, kind: Kind, name: str) -> Mapping[str, object] | None:
    """Return what the files state of a source or watch, None if they state nothing. Raises ConfigFaulty if they cannot be read."""
    try:
        _, document, place = _find(path, kind, name)
    except LookupError:
        return None
    return dict(_tables(document, kind)[place].unwrap())


def change_item(path: Path, kind: Kind, name: str, changes: Mapping[str, object | None]) -> Path:
    """Set keys of a source or watch, or delete those that are None; return the file. Raises LookupError for an unknown name."""
    file, document, place = _find(path, kind, name)
    table = _tables(document, kind)[place]
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    _replace(file, tomlkit.dumps(document), path)
    return file


def remove_item(path: Path, kind: Kind, name: str) -> Path:
    """Delete a source or watch and return the file. Raises LookupError for an unknown name."""
    file, document, place = _find(path, kind, name)
    tables = _tables(document, kind)
    del tables[place]
    if not len(tables):
        document.remove(kind)
    _replace(file, tomlkit.dumps(document), path)
    return file


def rename_item(
    path: Path,
    kind: Kind,
    old: str,
    new: str,
    *,
    in_query: Callable[[str], str] = lambda query: query,
) -> tuple[Path, ...]:
    """Rename a source or watch, and the source in watches that name it; return the files that were changed.

    in_query  returns a watch's query with the new name in it
    raises    LookupError for an unknown name; ConfigFaulty if the result would have new faults; then nothing is changed
    """
    file, document, place = _find(path, kind, old)
    documents = {file: document}
    _tables(document, kind)[place]["name"] = new
    if kind == "source":
        for other in find_config_files(path):
            documents.setdefault(other, _read(other))
        tags = {
            to_composed(str(tag))
            for one in documents.values()
            for table in _tables(one, "source")
            for tag in table.get("tags", ())
        }
        for one in documents.values():
            for table in _tables(one, "watch"):
                _rename_source_in(table, old, new, in_query, is_tag=old in tags)
    texts = {one: tomlkit.dumps(document) for one, document in documents.items()}
    changed = {one: text for one, text in texts.items() if text != read_shaped(one)[0]}
    _replace_all(changed, path)
    return tuple(changed)


def set_setting(path: Path, table: str, key: str, value: object) -> Path:
    """Set a setting of a table that is in one file only, such as ``[web]``, and return the file.

    A table that no file has yet is added to the last one. raises ConfigFaulty if the result would have new faults; then
    nothing is changed
    """
    files = find_config_files(path)
    documents = {file: _read(file) for file in files}
    file = next((one for one in files if table in documents[one]), files[-1])
    document = documents[file]
    if table not in document:
        document.add(tomlkit.nl())
        document.add(table, tomlkit.table())
    document[table][key] = value
    _replace(file, tomlkit.dumps(document), path)
    return file


def _rename_source_in(
    table: Table, old: str, new: str, in_query: Callable[[str], str], *, is_tag: bool
) -> None:
    """Rename a source in a watch; with ``is_tag`` the old name is also a tag of sources, and the new one is added."""
    sources = table.get("sources")
    if isinstance(sources, Array):
        for number, name in enumerate([*sources]):
            if to_composed(str(name)) == old and is_tag:
                sources.append(new)
            elif to_composed(str(name)) == old:
                sources[number] = new
    query = table.get("query")
    if query is not None and in_query(query) != query:
        # a query is often in single quotes, so that its double quotes need no backslash
        is_literal = query.as_string().startswith("'") and "'" not in new
        table["query"] = tomlkit.string(in_query(query), literal=is_literal)


def _find(path: Path, kind: Kind, name: str) -> tuple[Path, tomlkit.TOMLDocument, int]:
    for file in find_config_files(path):
        document = _read(file)
        for place, table in enumerate(_tables(document, kind)):
            if to_composed(str(table.get("name"))) == to_composed(name):
                return file, document, place
    raise LookupError(f'no {kind} is called "{name}"')


def _tables(document: tomlkit.TOMLDocument, kind: Kind) -> AoT:
    tables = document.get(kind)
    return tables if isinstance(tables, AoT) else tomlkit.aot()


def _read(file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(read_shaped(file)[0])
    except (OSError, UnicodeDecodeError, RecursionError, TOMLKitError) as error:
        fault = Fault(file=str(file), line=0, where="", problem=f"cannot be edited: {error}")
        raise ConfigFaulty((fault,)) from error


def _replace(file: Path, text: str, path: Path) -> None:
    _replace_all({file: text}, path)


def _replace_all(texts: Mapping[Path, str], path: Path) -> None:
    """Write texts to files; if the configuration then has new faults, restore the old files.

    Earlier faults are no obstacle: some configurations are complete only in the environment of their service.
    """
    before = {file: file.read_bytes() if file.exists() else None for file in texts}
    known = {(fault.where, fault.problem) for fault in _list_faults(path)}
    try:
        for file, text in texts.items():
            shape = read_shaped(file)[1] if before[file] is not None else Shape()
            _write(file, shape.encode(text))
        _refuse_new_faults(path, known)
    except ConfigFaulty:
        for file, content in before.items():
            _put_back(file, content)
        raise


def _refuse_new_faults(path: Path, known: Collection[tuple[str, str]]) -> None:
    faults = [one for one in _list_faults(path) if (one.where, one.problem) not in known]
    if faults:
        raise ConfigFaulty(tuple(faults))


def _put_back(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    elif file.read_bytes() != content:
        _write(file, content)


def _list_faults(path: Path) -> tuple[Fault, ...]:
    try:
        load_config(path, environ=os.environ)
    except ConfigFaulty as faulty:
        return faulty.faults
    return ()


def _write(file: Path, content: bytes) -> None:
    try:
        replace_file(file, content)
    except OSError as error:
        problem = f"cannot be written: {error.strerror}"
        fault = Fault(file=str(file), line=0, where="", problem=problem)
        raise ConfigFaulty((fault,)) from error
