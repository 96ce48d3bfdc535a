"""A file that is written beside its place, and gets its name only when it is whole and on disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crawler.machine.flush import flush


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Yield a new, empty file beside the target, closed to others, that is deleted unless it was put in place."""
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(number)
    part = Path(name)
    try:
        yield part
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            part.with_name(part.name + ending).unlink(missing_ok=True)


def put_in_place(part: Path, target: Path) -> None:
    """Give a whole file its name, and wait until both are on disk: a reader sees the file before or this one."""
    flush(part)
    part.replace(target)
    flush(target.parent)
