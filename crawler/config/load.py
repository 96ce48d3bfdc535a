"""Loading the configuration from TOML files and the environment, or reporting all its faults at once.

Of a folder all ``*.toml`` are read in the order of their names, except for those that editors and sync programs leave.
Lists of sources and watches add up; a setting in two files is a fault. The environment wins: see ``environment``.
"""

import os
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from crawler.config.checks.across import QueryCheck, find_faults
from crawler.config.checks.faults import Location, Origin, describe_errors
from crawler.config.checks.secret_faults import find_secret_faults
from crawler.config.files.environment import Stated, put_into, read_environment
from crawler.config.files.file_parts import LISTS, FileMemory, FilePart, Item, read_part
from crawler.config.files.places import config_folder, config_path, list_config_files
from crawler.config.files.retired import Renaming, rename_variables
from crawler.config.schema import Config
from crawler.config.sections.recipients import RecipientSettings, find_recipient_faults
from crawler.errors import ConfigFaulty, Fault

_PLURALS = {"sources": "source", "watches": "watch", "channels": "channel", "recipients": "recipient"}  # fmt: skip  # a common slip


@dataclass(slots=True)
class _Reading:
    """What was read so far; ``renamed`` has the settings under old names, by table and present name."""

    renamed: dict[tuple[str, ...], Renaming] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    tables: dict[str, object] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    items: dict[str, list[Item]] = field(default_factory=lambda: {name: [] for name in LISTS})


def load_config(
    path: Path,
    *,
    environ: Mapping[str, str],
    check_query: QueryCheck = lambda _query: None,
    reads_secrets: bool = False,
    memory: FileMemory | None = None,
    needs_files: bool = True,
) -> Config:
    """Return the configuration.

    path           a TOML file, or a folder of them
    check_query    returns what is wrong with a watch's query, or None; this folder does not know the watch language
    reads_secrets  read every secret once, for commands that will need them; one that cannot be read is a fault
    needs_files    that there is none is a fault; otherwise the environment may say all there is to say
    memory         what was read of the same configuration before: what did not change is not read again
    raises         ConfigFaulty with all faults: syntax, unknown keys, values, and rules over several settings
    """
    reading = _Reading()
    folder = config_folder(path)
    files = find_config_files(path) if needs_files else list_config_files(path)
    for file in files:
        _add(memory.read(file, folder) if memory else read_part(file, folder), reading)
    if memory:
        memory.keep_only(files)
    environ, clashes = rename_variables(environ)
    stated = read_environment(environ, Config)
    reading.faults.extend((*clashes, *stated.faults))
    put_into(reading.tables, stated)
    config = _build(reading, path, stated)
    reading.faults.extend(find_faults(reading.items, check_query, unread=reading.unread))
    # the recipients are known only if [mail] and all that name some could be read
    is_known = not reading.unread & {"watch", "channel"}
    if config is not None and is_known:
        recipients = [
            (settings, origin)
            for settings, origin in reading.items["recipient"]
            if isinstance(settings, RecipientSettings)
        ]
        reading.faults.extend(find_recipient_faults(recipients, config.all_recipients))
    if config is not None and reads_secrets:
        where = partial(_find_origin, reading, path, stated)
        reading.faults.extend(find_secret_faults(config, reading.items, where))
    if reading.faults or config is None:
        raise ConfigFaulty(tuple(reading.faults))
    return config


def find_config_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a configuration; raises ConfigFaulty if there are none."""
    files = list_config_files(path)
    if not files:
        problem = "no *.toml in this folder" if path.is_dir() else "no such file or folder"
        if path.is_dir() and not os.access(path, os.W_OK):  # as in the image
            problem += (
                " and this user cannot create one; in a container, mount a folder of yours there"
            )
        raise ConfigFaulty(
            (
                Fault(
                    file=str(path),
                    line=0,
                    where="",
                    problem=f"{problem}; `watchword init` writes a first one",
                ),
            )
        )
    return files


def _add(part: FilePart, reading: _Reading) -> None:
    reading.faults.extend(part.faults)
    reading.unread |= part.unread
    reading.renamed.update({one.location: one for one in part.renamings})
    for key, items in part.items.items():
        reading.items[key].extend(items)
    for key, value in part.tables.items():
        # a copy, because what the environment sets is put into it: what a memory keeps stays as it was read
        _merge_table(key, deepcopy(value), part.origin, reading)


def _merge_table(key: str, value: object, origin: Origin, reading: _Reading) -> None:
    known = reading.tables.setdefault(key, {} if isinstance(value, dict) else value)
    first = reading.origins.setdefault(key, origin)
    if isinstance(value, dict) and isinstance(known, dict):
        for name in sorted(value.keys() & known.keys()):
            renaming = reading.renamed.get((key, name))
            problem = f"already set in {first.file}; set it only once"
            problem = f"{renaming.fault} ({problem})" if renaming else problem
            reading.faults.append(origin.fault((key, name), problem))
        known.update(value)
    elif first is not origin:
        reading.faults.append(
            origin.fault((key,), f"already set in {first.file}; set it only once")
        )


def _build(reading: _Reading, path: Path, stated: Stated) -> Config | None:
    lists = {
        "sources": tuple(settings for settings, _ in reading.items["source"]),
        "watches": tuple(settings for settings, _ in reading.items["watch"]),
        "synonyms": tuple(settings for settings, _ in reading.items["synonyms"]),
        "channels": tuple(settings for settings, _ in reading.items["channel"]),
        "recipients": tuple(settings for settings, _ in reading.items["recipient"]),
    }
    for key, singular in _PLURALS.items():
        if key in reading.tables:
            reading.faults.append(reading.origins[key].fault((key,), f"write `[[{singular}]]`"))
    # an empty [store], because the default of its path counts from the configuration's folder, too
    tables = {"store": {}} | {k: value for k, value in reading.tables.items() if k not in lists}
    try:
        context = {"folder": config_folder(path)}
        # the lists were validated one by one
        return Config.model_validate(tables, context=context).model_copy(update=lists)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            origin = _find_origin(reading, path, stated, item["loc"])
            reading.faults.extend(describe_errors([item], Config, origin, ()))
        return None


def _find_origin(reading: _Reading, path: Path, stated: Stated, loc: Location) -> Origin:
    """Return the variable or file that a setting of a single table came from."""
    fallback = Origin(file=str(path), text="")
    return stated.origin_of(loc) or reading.origins.get(str(loc[0]) if loc else "", fallback)


def load_environment_config() -> Config:
    """Return the configuration that the environment names, for programs without ``--config``."""
    return load_config(config_path(None), environ=os.environ)
