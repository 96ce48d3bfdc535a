"""A folder for temporary files if the machine offers none: a container with a read-only root has only its volume."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def ensure_temporary_folder(beside: Path) -> None:
    """Put the temporary files of this process and its children into ``.tmp`` beside a file, if no other folder is writable.

    beside  the database, whose folder must be writable anyway. On a full disk nothing is writable, and nothing is changed
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        folder = beside.absolute().parent / ".tmp"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x")
                file.flush()
            os.environ["TMPDIR"] = str(folder)
            tempfile.tempdir = None  # so that Python chooses it again, from TMPDIR
