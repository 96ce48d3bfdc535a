"""Telling a folder whose disk is not mounted from a new one: made again on another disk, it would fill that."""

from pathlib import Path


def explain_vanished(folder: Path) -> str:
    """Return, for a folder that files were written to, why nothing more may be: it is gone or empty; empty while it holds any.

    A disk that is not mounted leaves an empty folder at its place, and Docker makes one for a bind mount.
    raises  OSError if the folder cannot be read
    """
    try:
        if any(folder.iterdir()):
            return ""
        state = "is empty"
    except FileNotFoundError:
        state = "is not there"
    return f"{folder} {state}, though files were written to it: mount its disk; to begin anew, put any file there"
