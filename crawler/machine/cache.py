"""The cache folder: large files that can be built again, shared by all databases and commands of a user."""

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
    # the specification says to ignore relative paths
    if base.is_absolute():
        return base / "watchword"
    try:
        return Path.home() / ".cache" / "watchword"
    except RuntimeError:
        return None
