"""Noticing that the configuration was edited, and refusing an edit that is faulty."""

import logging
from collections.abc import Callable
from pathlib import Path

from crawler.config.load import find_config_files
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty

_log = logging.getLogger("watchword.daemon")
_Signature = tuple[tuple[str, int, int], ...]


class ConfigWatch:
    """The configuration in force, and a way to tell that its files are not the ones it was read from.

    path  file or folder
    read  reads it; raises ConfigFaulty
    """

    def __init__(self, path: Path, read: Callable[[], Config]) -> None:
        self._path = path
        self._read = read
        self._signature = self._sign()
        self.config = read()

    def has_changed(self) -> bool:
        """Tell whether a file was edited, added or removed since the last read."""
        return self._sign() != self._signature

    def reload(self) -> Config | None:
        """Read again; a faulty configuration is said, line by line, and None given."""
        self._signature = self._sign()
        try:
            self.config = self._read()
        except ConfigFaulty as error:
            for fault in error.faults:
                _log.error(
                    "configuration refused, the old one stays in force: %s", fault
                )  # no traceback for a typo
            return None
        return self.config

    def _sign(self) -> _Signature:
        """Give names, times and sizes of the files; editors that write in two steps are seen twice."""
        try:
            files = find_config_files(self._path)
            stats = [(str(file), file.stat()) for file in files]
        except (ConfigFaulty, OSError):
            return ()
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
