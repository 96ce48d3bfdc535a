"""Writing files that belong to somebody else: link, owner, mode, line ends and byte order mark stay as they were.

An edit by command once put a file of its own in the place of a link into a checkout, and as root left one that the
service could not read (thp/urlwatch#604, hexchat/hexchat#1558).
"""

import errno
import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_BOM = "\ufeff"
# the folder, the owner or a mount does not allow a new file; a full or failing disk is no reason to write in place
_NO_REPLACING = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV})
_BARE_LINE_END = re.compile(r"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file writes its text: whether with a byte order mark, and whether all its lines end as those of DOS do."""

    has_bom: bool = False
    has_crlf: bool = False

    def encode(self, text: str) -> bytes:
        """Return a text as the file writes it."""
        if self.has_crlf:
            text = _BARE_LINE_END.sub("\r\n", text)
        return ((_BOM if self.has_bom else "") + text).encode()


def read_shaped(file: Path) -> tuple[str, Shape]:
    """Return a file's text, with the line ends it has, and its shape; raises OSError, UnicodeDecodeError."""
    text = file.read_bytes().decode("utf-8")
    shape = Shape(
        has_bom=text.startswith(_BOM), has_crlf="\r\n" in text and not _BARE_LINE_END.search(text)
    )
    return text.removeprefix(_BOM), shape


def replace_file(file: Path, content: bytes) -> None:
    """Put other content into a file, in one step where that keeps whose it is; a link stays, and leads to it.

    A file that is mounted by itself, has other names, or is another user's cannot be replaced by a new one: it is
    written in place, and who looks at that moment may see a part of it.

    raises  OSError
    """
    target = file.resolve()
    if not target.exists():
        _make(target, content)
    elif not _replace(target, content):
        _write_in_place(target, content)


def _write_in_place(target: Path, content: bytes) -> None:
    """Write over a file; on a disk that does not take it, put back what was there, for which there is room."""
    before = target.read_bytes()
    try:
        _overwrite(target, content)
    except OSError:
        with suppress(OSError):
            _overwrite(target, before)
        raise


def _overwrite(target: Path, content: bytes) -> None:
    # cut short only once all of it is written: a full disk must not leave an empty configuration
    with target.open("r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.truncate()


def _make(target: Path, content: bytes) -> None:
    """Make a new file, readable as others made here, and the folder owner's where root makes it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    folder = target.parent.stat()
    with suppress(OSError):
        os.chown(target, folder.st_uid, folder.st_gid)


def _replace(target: Path, content: bytes) -> bool:
    """Put a new file in the place of one, with its owner and mode; return whether that could be done."""
    found = target.stat()
    if found.st_nlink > 1:
        return False
    draft = None
    try:
        number, name = tempfile.mkstemp(dir=target.parent, prefix=".watchword-")
        draft = Path(name)
        with os.fdopen(number, "wb") as drafted:
            drafted.write(content)
            drafted.flush()
            os.fsync(drafted.fileno())
        made = draft.stat()
        if (made.st_uid, made.st_gid) != (found.st_uid, found.st_gid):
            os.chown(draft, found.st_uid, found.st_gid)
        shutil.copystat(target, draft)  # mode, and labels of SELinux
        os.utime(draft)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        if error.errno not in _NO_REPLACING:
            raise
        return False
    return True
