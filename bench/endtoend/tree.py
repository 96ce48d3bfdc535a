"""What a program and all its descendants cost: CPU seconds, and the peak memory of the largest process."""

import contextlib
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from bench.soak.processes import MARK

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
# a worker that lives shorter than this between two looks is missed: none here does
_LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Tree:
    """The processes whose environment carries a mark, watched by a thread until ``stop``.

    A session or a group will not do: the crawl process has its own, so that Ctrl-C does not reach it.

    cpu_seconds  process id -> user and system time, as last seen
    peak_mb      process id -> peak of its resident memory
    """

    mark: str
    cpu_seconds: dict[int, float] = field(default_factory=dict)
    peak_mb: dict[int, float] = field(default_factory=dict)
    commands: dict[int, str] = field(default_factory=dict)
    _is_ours: dict[int, bool] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def all_cpu_seconds(self) -> float:
        """The CPU time of all processes together."""
        return sum(self.cpu_seconds.values())

    def find_peak(self, command: str) -> float:
        """Return the peak memory in MB of the processes whose command ends so; 0 without any."""
        peaks = (self.peak_mb[pid] for pid, name in self.commands.items() if name.endswith(command))
        return max(peaks, default=0.0)

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        for entry in _PROC.iterdir():
            if entry.name.isdecimal():
                with contextlib.suppress(OSError, ValueError, IndexError):
                    self._read(entry)

    def _read(self, entry: Path) -> None:
        pid = int(entry.name)
        if pid not in self._is_ours:
            wanted = f"{MARK}={self.mark}".encode()
            self._is_ours[pid] = wanted in (entry / "environ").read_bytes().split(b"\0")
        if not self._is_ours[pid]:
            return
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
        self.cpu_seconds[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
        status = (entry / "status").read_text()
        self.peak_mb[pid] = int(status.partition("VmHWM:")[2].split()[0]) / 1000
        command = (entry / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
        self.commands[pid] = command.decode()
