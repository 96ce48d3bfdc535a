"""Waiting until a file, or a new name in a folder, is on disk and survives a power cut."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Wait until a file or folder is on disk; raises OSError where that cannot be asked for."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
