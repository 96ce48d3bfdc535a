"""The folder for what can be made again: large files that every database and command of a user shares."""

import os
from pathlib import Path


def find_cache_folder() -> Path | None:
    """Return the folder, which may not exist yet; None if this user has no home.

    ``CACHE_DIRECTORY`` is what systemd sets for a service with ``CacheDirectory=``; ``XDG_CACHE_HOME`` and ``~/.cache``
    are the XDG base directory specification's. Never a folder in /tmp: others could put their files in it beforehand.
    """
    stated = os.environ.get("CACHE_DIRECTORY", "").split(":")[0]
    if stated:
        return Path(stated)
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # the specification has relative ones ignored
    if base.is_absolute():
        return base / "watchword"
    try:
        return Path.home() / ".cache" / "watchword"
    except RuntimeError:
        return None
