"""Why a file cannot be written: whose it is, who we are, and what mends that."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def explain_access(error: Exception, path: Path) -> str:
    """Return an error with the owner and mode of what stands in the way, where it is about rights; else as it is."""
    barrier = _find_barrier(path)
    if barrier is None:
        return str(error)
    if os.statvfs(barrier).f_flag & os.ST_RDONLY:
        return f"{barrier} lies on a file system that is mounted read-only ({error})"
    found = barrier.stat()
    owner, mode, own = found.st_uid, stat.S_IMODE(found.st_mode), os.geteuid()
    what = "folder" if barrier.is_dir() else "file"
    said = f"the {what} {barrier} belongs to uid {owner}, mode {mode:o}, and this is uid {own}"
    if owner == own:
        return f"{said}: make it writable, as `chmod u+w {barrier}` does ({error})"
    cure = f"`chown -R {own} {barrier}`, or run it as uid {owner} (`user:` in compose)"
    return f"{said}: {cure} ({error})"


def _find_barrier(path: Path) -> Path | None:
    """Return the file, or the nearest folder above it that is there, where we may not write; None where we may."""
    for one in (path, *path.absolute().parents):
        with suppress(OSError):
            if one.exists():
                return None if os.access(one, os.W_OK) else one
    return None
