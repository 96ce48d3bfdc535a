"""Finding the configuration and the database without loading the configuration.

A health check asks every half minute whether the daemon lives (moby/moby#28400, favonia/cloudflare-ddns#706). It must get
its answer in a fraction of a second, even if a file has a typo and another has thousands of sources.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

DEFAULT_CONFIG = "seeds"
DEFAULT_DATABASE = "var/watchword.db"
# Syncthing's `x.sync-conflict-20261126-…toml`; Dropbox's and Nextcloud's `x (…conflicted copy 2026-11-26).toml`
_CONFLICT = re.compile(r"\.sync-conflict-\d{8}-|\([^()]*conflicted copy[^()]*\)", re.IGNORECASE)
_TABLE = re.compile(
    r"^[ \t]*\[[ \t]*\"?store\"?[ \t]*\][ \t]*(?:#[^\n]*)?$(.*?)(?=^[ \t]*\[|\Z)",
    re.MULTILINE | re.DOTALL,
)
_PATH = re.compile(r"^[ \t]*\"?path\"?[ \t]*=.*$", re.MULTILINE)
# `store.path = "x"` or `store = { path = "x" }`, before the first table, since later lines belong to that
_TOP = re.compile(r"^[ \t]*store[ \t]*(?:\.[ \t]*path[ \t]*=|=[ \t]*\{).*$", re.MULTILINE)
_FIRST_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def config_path(stated: str | None, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration's path: what was stated, else WATCHWORD_CONFIG, else ``seeds``."""
    return Path(stated or environ.get("WATCHWORD_CONFIG") or DEFAULT_CONFIG)


def config_folder(config: Path) -> Path:
    """Return the folder from which relative paths in the configuration count: its own, not the current one."""
    return config.absolute() if config.is_dir() else config.absolute().parent


def list_config_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a configuration: the file itself or those of the folder; empty if there are none."""
    if path.is_file():
        return (path,)
    return tuple(sorted(filter(_is_ours, path.glob("*.toml")))) if path.is_dir() else ()


def _is_ours(file: Path) -> bool:
    """Return whether a file of the folder is meant as configuration.

    Editors, Macs and sync programs leave `.#x.toml` (a dangling link), `._x.toml`, `.x.toml` and `~$x.toml` beside files
    (offen/docker-volume-backup#607, ansible/ansible#3123), and copies of files that two machines wrote at the same time.
    """
    if file.name.startswith((".", "~", "#")) or _CONFLICT.search(file.name):
        return False
    # a dangling link was meant as configuration: reading it fails and names the missing file
    return file.is_file() or (file.is_symlink() and not file.exists())


def find_database(config: Path, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the database, even if the rest of the configuration is faulty.

    raises  OSError if a file cannot be read, ValueError if `[store] path` cannot
    """
    stated = environ.get("WATCHWORD_STORE_PATH") or environ.get("WATCHWORD_DATABASE")
    if stated:
        return Path(stated)
    for file in list_config_files(config):
        for snippet in _list_snippets(file.read_text(encoding="utf-8-sig", errors="replace")):
            path = tomllib.loads(snippet)["store"].get("path")
            if isinstance(path, str):
                return config_folder(config) / Path(path).expanduser()
    return config_folder(config) / DEFAULT_DATABASE


def _list_snippets(text: str) -> Iterator[str]:
    """Yield the parts of a file that may contain `[store] path`, each as valid TOML."""
    for table in _TABLE.finditer(text):
        for line in _PATH.finditer(table[1]):
            yield f"[store]\n{line[0]}"
    first = _FIRST_TABLE.search(text)
    for top in _TOP.finditer(text, 0, first.start() if first else len(text)):
        yield top[0]
