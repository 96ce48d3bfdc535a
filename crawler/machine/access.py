"""Sentences that explain why a file cannot be read or written: its owner and mode, our user, and the command that helps."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def explain_access(error: Exception, path: Path) -> str:
    """Return an error's text; if permissions are the cause, with the owner and mode of the file or folder in the way."""
    barrier = _find_barrier(path)
    if barrier is None:
        return str(error)
    if os.statvfs(barrier).f_flag & os.ST_RDONLY:
        return f"{barrier} lies on a file system that is mounted read-only ({error})"
    own, owner = os.geteuid(), barrier.stat().st_uid
    if owner == own:
        return f"{_describe(barrier)}: make it writable, as `chmod u+w {barrier}` does ({error})"
    cure = f"`chown -R {own} {barrier}`, or run it as uid {owner} (`user:` in compose)"
    return f"{_describe(barrier)}: {cure} ({error})"


def folder_of(path: Path) -> Path:
    """Return the folder in which a file itself lies, where a link to it leads: its disk is the one that fills up."""
    return Path(os.path.realpath(path)).parent


def give_away(file: Path, *, like: Path) -> None:
    """Give a file that root has just made to the owner of another one, who would else be shut out of it; others cannot.

    Whoever puts a backup back with sudo is root, and the daemon is not.
    """
    if os.geteuid() == 0:
        with suppress(OSError):  # not allowed in some containers
            found = like.stat()
            os.chown(file, found.st_uid, found.st_gid)


def explain_reading(error: OSError, path: Path) -> str:
    """Return why a file cannot be read (missing, a folder, or no permission) and how to change that."""
    if isinstance(error, FileNotFoundError):
        there = next((one for one in path.absolute().parents if one.exists()), None)
        is_deeper = there is not None and there != path.absolute().parent
        return "there is no such file" + (
            f", nor a folder of it below {there}" if is_deeper else ""
        )
    if isinstance(error, IsADirectoryError):
        return "it is a folder, which compose makes where the file of a mount is missing"
    if not isinstance(error, PermissionError):
        return error.strerror or str(error)
    barrier = _find_closed(path)
    if barrier is None:
        return error.strerror or str(error)
    own = os.geteuid()
    if barrier.stat().st_uid == own:
        return f"{_describe(barrier)}: `chmod u+r{'x' * barrier.is_dir()} {barrier}`"
    return f"{_describe(barrier)}: `chown {own} {barrier}`, or give a group of that user the right to read"


def _describe(barrier: Path) -> str:
    found = barrier.stat()
    owner, mode, own = found.st_uid, stat.S_IMODE(found.st_mode), os.geteuid()
    what = "folder" if barrier.is_dir() else "file"
    return f"the {what} {barrier} belongs to uid {owner}, mode {mode:o}, and this is uid {own}"


def _find_barrier(path: Path) -> Path | None:
    """Return the file, or the nearest existing folder above it, if we may not write there; None if we may."""
    for one in (path, *path.absolute().parents):
        with suppress(OSError):
            if one.exists():
                return None if os.access(one, os.W_OK) else one
    return None


def _find_closed(path: Path) -> Path | None:
    """Return the outermost folder we may not enter, or the file we may not read."""
    for folder in reversed(path.absolute().parents):
        if not os.access(folder, os.X_OK):
            return folder
    return None if os.access(path, os.R_OK) else path


def explain_vanished(folder: Path) -> str:
    """Return, for a folder that files were written to, why nothing more may be: it is gone or empty; empty while it holds any.

    Made again on another disk, it would fill that. A disk that is not mounted leaves an empty folder at its place, and Docker makes one for a bind mount.
    raises  OSError if the folder cannot be read
    """
    try:
        if any(folder.iterdir()):
            return ""
        state = "is empty"
    except FileNotFoundError:
        state = "is not there"
    return f"{folder} {state}, though files were written to it: mount its disk; to begin anew, put any file there"
