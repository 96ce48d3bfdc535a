"""The keys of words seen before, in a file: they outlive a restart, and every worker has them from its first page.

Of an article never seen before, half of the time to analyse it goes into words that other articles had (docs/internals/benchmarks.md).
It is a cache beside the dictionaries: one that is missing, damaged, another user's or another release's is not used, and
one that cannot be written is not there at the next start. What is kept are the first words a worker met, which are the
common ones, so a full file is never written again.
"""

import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import Any

from crawler.machine.cache import find_cache_folder
from crawler.matching.analysis.analyzer import list_remembered, remember
from crawler.matching.analysis.inflection import ANALYZER_VERSION

# per language and in all: 60,000 are 4 MB on the disk and 30 MB in the fork server, and are read in 0.3 s
_MOST_OF_A_LANGUAGE = 20_000
_MOST_PIECES = 60_000
# a file of more is not ours
_MOST_BYTES = 16_000_000
_DIGEST_BYTES = 16
# a file is written again only for this share of new words: writing takes a quarter of a second
_NEWS_SHARE = 0.1
# nobody else may have written it: its keys decide what is matched
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH

# language -> piece -> number of words, keys of the first, (number, key, width) of the others
Rows = dict[str, dict[str, list[Any]]]


class WordFile:
    """The file of the user this process runs as; without a cache folder nothing is read or written."""

    def __init__(self) -> None:
        folder = find_cache_folder()
        release = f"{ANALYZER_VERSION} unicode-{unicodedata.unidata_version}"
        name = re.sub(r"[^\w.-]", "-", release)
        self._path = None if folder is None else folder / "words" / name
        self._seen: tuple[int, int] | None = None

    def load(self) -> bool:
        """Remember what the file holds, if it is another one than at the last call; return whether it was."""
        if self._path is None:
            return False
        with suppress(OSError):
            facts = self._path.lstat()
            if (facts.st_mtime_ns, facts.st_size) == self._seen:
                return False
            self._seen = facts.st_mtime_ns, facts.st_size
        rows = self._read()
        # nobody else can write it, but a file of ours may hold what a fault of ours put there
        with suppress(TypeError, ValueError, AttributeError):
            for language, pieces in rows.items():
                _remember(language, pieces)
        return bool(rows)

    def save(self) -> None:
        """Add what this process remembers to the file, if that is much more; other processes may do the same meanwhile."""
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(
                self._path.parent / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )
            try:
                # another worker is at it, and the next time comes
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                rows = self._read()
                before = _count(rows)
                _merge(rows)
                if _count(rows) - before > before * _NEWS_SHARE:
                    _write(self._path, rows)
            finally:
                os.close(lock)

    def _read(self) -> Rows:
        """Return what the file holds; nothing if it is not as it was written, or others may have written it."""
        if self._path is None:
            return {}
        try:
            with os.fdopen(
                os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb"
            ) as file:
                facts = os.fstat(file.fileno())
                is_ours = facts.st_uid == os.geteuid() and not facts.st_mode & _OTHERS_MAY_WRITE
                if not stat.S_ISREG(facts.st_mode) or not is_ours:
                    return {}
                stored = file.read(_MOST_BYTES + 1)
        except OSError:
            return {}
        content = stored[_DIGEST_BYTES:]
        if len(stored) > _MOST_BYTES or stored[:_DIGEST_BYTES] != _digest(content):
            return {}
        rows: Rows = json.loads(content)
        return rows


def _remember(language: str, rows: dict[str, list[Any]]) -> None:
    for piece, (count, keys, others) in rows.items():
        remember(language, piece, count, tuple(keys), tuple(map(tuple, others)))


def _merge(rows: Rows) -> None:
    """Add what is remembered as far as there is room, in the order it was met."""
    room = _MOST_PIECES - _count(rows)
    for language, pieces in list_remembered():
        known = rows.setdefault(language, {})
        for piece, count, keys, others in pieces:
            if len(known) >= _MOST_OF_A_LANGUAGE or room <= 0:
                break
            if piece not in known:
                known[piece] = [count, keys, others]
                room -= 1


def _count(rows: Rows) -> int:
    return sum(map(len, rows.values()))


def _write(path: Path, rows: Rows) -> None:
    """Write the file whole or not at all, and remove those of other releases."""
    content = json.dumps(rows, separators=(",", ":")).encode()
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(_digest(content) + content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    for other in path.parent.iterdir():
        if other != path and other.name[0] != ".":
            other.unlink(missing_ok=True)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
