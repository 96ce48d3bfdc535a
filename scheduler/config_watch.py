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
    """The configuration in force, and a way to tell that its files say something else.

    What was read is offered until it was accepted: an edit that could not be put in force, because somebody else
    held the database, would else be forgotten until the next one.

    path    file or folder
    read    reads it; raises ConfigFaulty
    config  the one in force
    """

    def __init__(self, path: Path, read: Callable[[], Config]) -> None:
        self._path = path
        self._read = read
        self._offered: tuple[_Signature, Config] | None = None
        self._said: set[str] = set()
        self._signature = self._sign()
        self.config = read()

    def has_changed(self) -> bool:
        """Return whether the files are not those that the configuration in force was read from."""
        return self._sign() != self._signature

    def reload(self) -> Config | None:
        """Return what the files say now, to be put in force and then accepted.

        A faulty configuration is None; each of its faults is said once, for as long as it is there.
        """
        signature = self._sign()
        try:
            config = self._read()
        except ConfigFaulty as error:
            self._say([str(fault) for fault in error.faults])
            return None
        except (
            OSError
        ) as error:  # a file that vanished between listing and reading; a disk that does not answer
            self._say([f"it cannot be read: {error}"])
            return None
        self._said.clear()
        self._offered = signature, config
        return config

    def accept(self) -> None:
        """Take note that what ``reload`` returned last is in force."""
        if self._offered is not None:
            self._signature, self.config = self._offered

    def _say(self, faults: list[str]) -> None:
        for fault in faults:
            if fault not in self._said:
                # no traceback for a typo
                _log.error("configuration refused, the old one stays in force: %s", fault)
        self._said = set(faults)

    def _sign(self) -> _Signature:
        """Return names, times and sizes of the files; editors that write in two steps are seen twice."""
        try:
            files = find_config_files(self._path)
            stats = [(str(file), file.stat()) for file in files]
        except (ConfigFaulty, OSError):
            return ()
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
