"""Another program in the daemon's place: its job file, its process, and a service manager that starts it again."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path

from bench.soak.daemon import Running
from bench.soak.processes import Process, list_processes
from bench.week.programs.catalogue import Program

# as systemd does with Restart=always
_RESTART_SECONDS = 2.0
_MOST_RESTARTS = 30


class ProgramRunning(Running):
    """A program in a folder of its own, which is started again whenever it ends."""

    def __init__(
        self, folder: Path, program: Program, python: Path, *, pause: float = _RESTART_SECONDS
    ) -> None:
        super().__init__(folder)
        self._pause = pause
        self.config = folder / "job.json"
        self.restarts = 0
        self._program, self._python = program, python
        self._is_wanted = False
        self._hand = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether it runs, or is about to be started."""
        return self._is_wanted and self.restarts < _MOST_RESTARTS

    def start(
        self, *arguments: str, command: str = "run", environment: dict[str, str] | None = None
    ) -> None:
        """Start it, and keep it running."""
        super().start(*arguments, command=command, environment=environment)
        self._is_wanted = True
        threading.Thread(target=self._keep, args=(self._process, environment), daemon=True).start()

    def _keep(
        self, process: "subprocess.Popen[bytes] | None", environment: dict[str, str] | None
    ) -> None:
        """Start it again whenever it has ended, until it is stopped or started by another call."""
        while process is not None:
            process.wait()
            time.sleep(self._pause)
            with self._hand:
                if not self.is_alive or self._process is not process:
                    return
                super().start(environment=environment)
                self.restarts += 1
                process = self._process

    def stop(self) -> float | None:
        """Stop it, with all processes it started, and do not start it again."""
        with self._hand:
            self._is_wanted = False
        try:
            return super().stop()
        finally:
            self.clear()

    def end(self) -> list[str]:
        """Stop it; there is nothing else to check at its end."""
        self.stop()
        return []

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Do by hand what a command of Watchword does; only muting, by removing an interest from the file."""
        if arguments[:2] == ("watch", "mute"):
            job = json.loads(self.config.read_text(encoding="utf-8"))
            job["interests"] = [one for one in job["interests"] if one["name"] != arguments[2]]
            self.write_config(json.dumps(job, ensure_ascii=False))
        return subprocess.CompletedProcess(arguments, 0, "", "")

    def processes(self, kind: str = "") -> tuple[Process, ...]:
        """Return its processes; there is only one kind."""
        return list_processes(self.mark)

    def ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Return nothing: its state is not read."""
        return []

    def _command(self, *arguments: str) -> list[str]:
        return [str(self._python), "-m", self._program.module, str(self.config), *self._program.arguments]  # fmt: skip

    @staticmethod
    def _environment() -> dict[str, str]:
        # everything is on loopback: no proxy of this machine may be used
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
