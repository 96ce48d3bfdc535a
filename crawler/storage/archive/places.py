"""Where archive files are: a folder, or any place that fsspec reaches. A file gets its name when it is whole."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from crawler.config.upkeep.archive import find_place_problem
from crawler.errors import ArchiveFailed, reason_of
from crawler.machine.access import explain_vanished
from crawler.machine.flush import flush

# read and compared in pieces: a file of a day may have some hundred megabytes
_PIECE_BYTES = 1 << 20
# a reason is one line of the log and of doctor; some services answer with a page
_MOST_REASON = 300


class Place(Protocol):
    """A place of archive files. Every method raises ArchiveFailed, with a reason for a person."""

    def write(self, name: str) -> Any:
        """Return a context manager that yields an open file; it has its name only after the block has ended well."""

    def read(self, name: str, start: int, length: int) -> bytes:
        """Return a part of a file, shorter if the file is."""

    def measure(self, name: str) -> tuple[int, str]:
        """Return a file's size and SHA-256, as read."""

    def delete(self, name: str) -> bool:
        """Delete a file; return whether it was there."""


def open_place(address: str, *, is_begun: bool = False) -> Place:
    """Return the place at a folder or address; raises ArchiveFailed if a package is missing or the protocol unknown.

    is_begun  it has files: a folder that is gone or empty is on a disk that is not mounted, and is not made anew on another one
    """
    if "://" not in address:
        return _Folder(Path(address), is_begun=is_begun)
    problem = find_place_problem(address)
    if problem:
        raise ArchiveFailed(problem)
    return _Remote(address)


@contextmanager
def _explained(subject: str) -> Iterator[None]:
    """Turn every error into one sentence: each service has errors of its own."""
    try:
        yield
    except ArchiveFailed:
        raise
    except FileNotFoundError as error:
        raise ArchiveFailed(f"{subject} is not there") from error
    except Exception as error:
        why = (isinstance(error, OSError) and error.strerror) or reason_of(error)
        words = " ".join(str(why).split()) or type(error).__name__
        raise ArchiveFailed(f"{subject}: {words[:_MOST_REASON]}") from error


class _Folder:
    def __init__(self, folder: Path, *, is_begun: bool) -> None:
        self._folder = folder
        self._is_begun = is_begun

    @contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        file = self._folder / name
        part = file.with_name(f"{name}.part")
        with _explained(str(file)):
            if self._is_begun and (vanished := explain_vanished(self._folder)):
                raise ArchiveFailed(vanished)
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                # readable by its owner only, as the database is
                opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(opened, "wb") as out:
                    yield out
                    out.flush()
                    os.fsync(out.fileno())
                part.replace(file)
                with suppress(OSError):  # some shares cannot sync a folder
                    flush(self._folder)
            except BaseException:
                with suppress(OSError):
                    part.unlink()
                raise

    def read(self, name: str, start: int, length: int) -> bytes:
        with _explained(str(self._folder / name)), (self._folder / name).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def measure(self, name: str) -> tuple[int, str]:
        with _explained(str(self._folder / name)), (self._folder / name).open("rb") as file:
            return _measure(file)

    def delete(self, name: str) -> bool:
        file = self._folder / name
        with _explained(str(file)):
            was_there = file.exists()
            file.unlink(missing_ok=True)
            return was_there


class _Remote:
    def __init__(self, address: str) -> None:
        import fsspec  # noqa: PLC0415  # an extra

        with _explained(address):
            self._files, self._root = fsspec.core.url_to_fs(address)
        self._address = address

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def write(self, name: str) -> Iterator[BinaryIO]:
        with _explained(f"{self._address}/{name}"):
            self._files.makedirs(self._root, exist_ok=True)
            # an object appears when it is closed; what another service leaves half written is written again under this name
            out = self._files.open(self._path(name), "wb")
            try:
                yield out
            except BaseException:
                with suppress(Exception):
                    out.discard()
                raise
            out.close()
            self._files.invalidate_cache()

    def read(self, name: str, start: int, length: int) -> bytes:
        with _explained(f"{self._address}/{name}"):
            found = self._files.cat_file(self._path(name), start=start, end=start + length)
            return cast("bytes", found)

    def measure(self, name: str) -> tuple[int, str]:
        with (
            _explained(f"{self._address}/{name}"),
            self._files.open(self._path(name), "rb") as file,
        ):
            return _measure(file)

    def delete(self, name: str) -> bool:
        with _explained(f"{self._address}/{name}"):
            # some services delete what is not there without a word
            was_there = bool(self._files.exists(self._path(name)))
            if was_there:
                self._files.rm_file(self._path(name))
            return was_there


def _measure(file: BinaryIO) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    while piece := file.read(_PIECE_BYTES):
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()
