"""A folder for temporary files where the machine offers none: a container with a read-only root has only its volume."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def ensure_temporary_folder(beside: Path) -> None:
    """Have temporary files of this process and its children lie beside a file where nothing else can be written.

    beside  the database: its folder must be writable anyway; on a full disk nothing is, and nothing is changed
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
            tempfile.tempdir = None  # it is chosen anew
