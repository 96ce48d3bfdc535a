"""Watch the configuration files for edits: whether they are whole, what an edit removes, and what is wrong with it.

Files are copied over slow lines, truncated before they are written, and incomplete for seconds (deblasis/wintty#1138,
xymon-monitoring/xymon#348). So an edit counts once two looks in a row found the same bytes, and an edit that removes most
of what is watched must stay for half a minute before it is put in force.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crawler.config.files.retired import list_warnings
from crawler.config.load import find_config_files
from crawler.config.schema import Config
from crawler.errors import ConfigFaulty
from crawler.log import log_event
from crawler.text.counts import write_count, write_number

_log = logging.getLogger("watchword.daemon")
# how long an edit that removes most of what is watched must stay: a file on a slow line is incomplete for seconds
_SECOND_LOOK_SECONDS = 30.0
# with so few, removing half is an ordinary edit
_FEW = 5
# and so it is in files this short
_FEW_BYTES = 200


@dataclass(frozen=True, slots=True)
class _Look:
    """What the files held: a hash of names and contents, and the bytes of each file."""

    digest: str
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Edit:
    """An edit that is not in force yet, and when it was first seen."""

    look: _Look
    seen_at: float


class ConfigWatch:
    """The configuration in force, and a watch on its files.

    An edit is offered by ``reload`` until ``accept`` is called. Otherwise an edit that could not be applied, because
    another process held the database, would be forgotten until the next edit.

    path       file or folder
    read       reads it; raises ConfigFaulty
    monotonic  a steady clock
    config     the one in force
    problems   why an edit is not in force, in sentences; empty while the files are what is in force
    note       the same for everybody to read, without quotes: faults may quote addresses
    """

    def __init__(
        self, path: Path, read: Callable[[], Config], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:  # fmt: skip
        self.path = path
        self._read = read
        self._monotonic = monotonic
        self._offered: tuple[_Look, Config] | None = None
        self._edit: _Edit | None = None
        self._in_force = self._look()
        self.problems: tuple[str, ...] = ()
        self._is_faulty = False
        self.config = read()
        self._warn()

    def has_changed(self) -> bool:
        """Return whether the files differ from those in force and were the same in the last two looks."""
        look = self._look()
        if look.digest == self._in_force.digest:
            self._edit, self.problems = None, ()
            return False
        if self._edit is None or self._edit.look.digest != look.digest:
            self._edit = _Edit(look, self._monotonic())
            return False
        return True

    @property
    def note(self) -> str:
        """Why an edit is not in force, without quoting it; empty if none is waiting."""
        if not self.problems or not self._is_faulty:
            return " ".join(self.problems)
        return f"It has {write_count(len(self.problems), 'fault')}; `watchword check` lists them."

    def reload(self, *, is_urgent: bool = False) -> Config | None:
        """Return the configuration the files hold now, to be applied and then accepted; None if it is not to be applied.

        is_urgent  somebody asked for it: an edit that removes much is not held back

        Each fault is logged once for as long as it lasts.
        """
        look = self._look()
        try:
            config = self._read()
        except ConfigFaulty as error:
            self._refuse([str(fault) for fault in error.faults])
            return None
        except (
            OSError
        ) as error:  # a file that vanished between listing and reading; a disk that does not answer
            self._refuse([f"it cannot be read: {error}"])
            return None
        if self._look().digest != look.digest:  # written to while it was read
            return None
        loss = describe_loss(self.config, config, self._in_force.sizes, look.sizes)
        if loss and not is_urgent and not self._has_stayed():
            self._wait(loss)
            return None
        self.problems = ()
        self._offered = look, config
        return config

    def accept(self) -> None:
        """Record that what ``reload`` returned last is in force."""
        if self._offered is not None:
            self._in_force, self.config = self._offered
            self._warn()

    def _warn(self) -> None:
        """Log each setting with an old name, once for each configuration that comes into force."""
        for warning in list_warnings(self.path):
            log_event(_log, logging.WARNING, "setting under an old name", reason=warning)

    def _has_stayed(self) -> bool:
        edit = self._edit
        return edit is not None and self._monotonic() - edit.seen_at >= _SECOND_LOOK_SECONDS

    def _wait(self, loss: str) -> None:
        self._is_faulty = False
        self._say(
            [
                f"an edit {loss}; it takes effect if it stays so for {_SECOND_LOOK_SECONDS:g} s, "
                "or at once with SIGHUP"
            ],
            logging.WARNING,
            "configuration held back, the old one stays in force",
        )

    def _refuse(self, faults: list[str]) -> None:
        self._is_faulty = True
        # no traceback for a typo
        self._say(faults, logging.ERROR, "configuration refused, the old one stays in force")

    def _say(self, problems: list[str], level: int, words: str) -> None:
        for problem in problems:
            if problem not in self.problems:
                log_event(_log, level, words, reason=problem)
        self.problems = tuple(problems)

    def _look(self) -> _Look:
        """Return what the files hold, by content: an edit may leave size and time of change as they were."""
        digest, sizes = hashlib.blake2b(digest_size=16), dict[str, int]()
        try:
            for file in find_config_files(self.path):
                content = file.read_bytes()
                sizes[str(file)] = len(content.strip())
                digest.update(f"{file}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
                digest.update(content)
        except (ConfigFaulty, OSError) as error:
            return _Look(f"unreadable: {error}")
        return _Look(digest.hexdigest(), sizes)


def describe_loss(
    before: Config, after: Config, sizes_before: dict[str, int], sizes: dict[str, int]
) -> str:
    """Return what an edit removes if that is all or most of something, which is seldom meant; else an empty text."""
    for one, kind, old, new in (
        ("source", "sources", len(before.sources), len(after.sources)),
        ("watch", "watches", len(before.watches), len(after.watches)),
    ):
        if old and not new:
            return f"removes all {old} {kind}" if old > 1 else f"removes the only {one}"
        if old > _FEW and new < old / 2:
            return f"removes {old - new} of {old} {kind}"
    for name, size in sizes_before.items():
        if size and not sizes.get(name, 1):
            return f"leaves {name} empty"
    old, new = sum(sizes_before.values()), sum(sizes.values())
    if old > _FEW_BYTES and new < old / 2:
        return f"leaves {write_number(new)} of {write_count(old, 'byte')}"
    return ""


def keep_path(config: Config, path: Path) -> Config:
    """Return the configuration with the path of the open database: another path needs a restart."""
    if config.store.path == path:
        return config
    log_event(
        _log,
        logging.ERROR,
        "[store] path changed: that needs a restart; everything else is in force",
    )
    return config.model_copy(update={"store": config.store.model_copy(update={"path": path})})
