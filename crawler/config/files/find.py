"""Writing files that belong to somebody else: link, owner, mode, line ends and byte order mark are kept.

An edit by a command once replaced a link into a checkout by a file, and as root left a file that the service could not
read (thp/urlwatch#604, hexchat/hexchat#1558).
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
# errors after which the file is written in place: folder, owner or mount allow no new file. Not on a full or failing
# disk, where writing in place once emptied the configuration
_NO_REPLACING = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.EXDEV})
_BARE_LINE_END = re.compile(r"(?<!\r)\n")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written: with a byte order mark or not, and whether all lines end with CRLF."""

    has_bom: bool = False
    has_crlf: bool = False

    def encode(self, text: str) -> bytes:
        """Return a text as the bytes of such a file."""
        if self.has_crlf:
            text = _BARE_LINE_END.sub("\r\n", text)
        return ((_BOM if self.has_bom else "") + text).encode()


def read_shaped(file: Path) -> tuple[str, Shape]:
    """Return a file's text, with its own line ends, and its shape; raises OSError, UnicodeDecodeError."""
    text = file.read_bytes().decode("utf-8")
    shape = Shape(
        has_bom=text.startswith(_BOM), has_crlf="\r\n" in text and not _BARE_LINE_END.search(text)
    )
    return text.removeprefix(_BOM), shape


def replace_file(file: Path, content: bytes) -> None:
    """Replace a file's content, atomically if that keeps its owner; a link stays a link.

    A file that is a mount of its own, has further hard links, or belongs to another user cannot be replaced by a new one. It
    is written in place, and a reader at that moment may see a part of it.

    raises  OSError
    """
    target = file.resolve()
    if not target.exists():
        _make(target, content)
    elif not _replace(target, content):
        _write_in_place(target, content)


def _write_in_place(target: Path, content: bytes) -> None:
    """Overwrite a file; if the disk does not take all of it, restore the old content, for which there is room."""
    before = target.read_bytes()
    try:
        _overwrite(target, content)
    except OSError:
        with suppress(OSError):
            _overwrite(target, before)
        raise


def _overwrite(target: Path, content: bytes) -> None:
    # truncated only after everything is written: a full disk must not leave an empty configuration
    with target.open("r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        file.truncate()


def _make(target: Path, content: bytes) -> None:
    """Create a file with the usual mode, owned by the folder's owner if root creates it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    folder = target.parent.stat()
    with suppress(OSError):
        os.chown(target, folder.st_uid, folder.st_gid)


def _replace(target: Path, content: bytes) -> bool:
    """Replace a file by a new one with the same owner and mode; return whether that was possible."""
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
        shutil.copystat(target, draft)  # mode and SELinux labels; the times are set anew below
        os.utime(draft)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        if error.errno not in _NO_REPLACING:
            raise
        return False
    return True
