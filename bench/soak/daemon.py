"""The real daemon in a folder of its own, and a real mail server that records the articles in each message."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.soak.processes import MARK, Process, end_all, list_processes
from bench.soak.site.articles import find_tokens
from tests.fakes import FakeMailbox, read_part

ROOT = Path(__file__).resolve().parents[2]
_WATCHWORD = Path(sys.executable).with_name("watchword")
# twice the ten seconds in which a stop must end
_STOP_SECONDS = 20.0
# a command takes one second; beyond this it hangs
_COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An accepted message: its recipient, the articles it names, and when it came."""

    recipient: str
    message_id: str
    tokens: frozenset[str]
    received_at: datetime


class Mailbox(FakeMailbox):
    """A mail server on loopback that reads the tokens in each message."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.received: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Accept a message."""
        answer = await super().handle_DATA(server, session, envelope)
        message = (
            self.messages.pop()
        )  # the message itself is dropped: a soak gets many, and the tokens are enough
        self.received.append(
            Message(
                recipient=str(message["To"]),
                message_id=str(message["Message-ID"]),
                tokens=find_tokens(f"{message['Subject']} {read_part(message)}"),
                received_at=datetime.now(UTC),
            )
        )
        return answer


class Running:
    """A daemon with its folder, log and database; ``database`` may lie elsewhere."""

    def __init__(self, folder: Path, *, database: Path | None = None) -> None:
        self.database = database or folder / "watchword.db"
        self.config = folder / "watchword.toml"
        self.log = folder / "log.txt"
        self.mark = uuid.uuid4().hex
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the daemon runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The daemon's process number, None before it was started."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """The daemon's exit code, None while it runs."""
        return self._process.poll() if self._process else None

    def write_config(self, text: str) -> None:
        """Replace the configuration atomically, as an editor does."""
        draft = self.config.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.rename(self.config)

    def start(
        self, *arguments: str, command: str = "run", environment: dict[str, str] | None = None
    ) -> None:
        """Start ``watchword run``, or another command that runs until it is stopped."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(command, *arguments),
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**self._environment(), **(environment or {}), MARK: self.mark},
            )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of Watchword to its end; one that hangs is killed and has exit code 124, as with ``timeout``."""
        command = self._command(*arguments)
        try:
            return subprocess.run(
                command,
                cwd=self._folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=_COMMAND_SECONDS,
                env=self._environment(),
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", "it did not end")

    def stop(self) -> float | None:
        """Stop the daemon; return how many seconds that took, None if it had to be killed."""
        if self._process is None:
            return 0.0
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            return None
        return time.monotonic() - began

    def clear(self) -> int:
        """Kill the processes the daemon left behind; return how many there were."""
        return end_all(self.mark)

    def end(self) -> list[str]:
        """Stop the daemon and kill what it left behind; return what was wrong at its end."""
        was_alive, troubles = self.is_alive, list[str]()
        if self.stop() is None and was_alive:
            troubles.append(f"the daemon did not end within {_STOP_SECONDS:g} s of SIGTERM")
        if left := self.clear():
            troubles.append(f"{left} processes were left behind")
        state = self.ask("PRAGMA integrity_check")
        if state != [("ok",)]:
            troubles.append(f"the database is damaged: {state}")
        return troubles

    def processes(self, kind: str = "") -> tuple[Process, ...]:
        """Return the daemon's processes, all or those of one kind."""
        return tuple(one for one in list_processes(self.mark) if kind in {"", one.kind})

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Return rows from the database; none if it cannot be read now."""
        try:
            address = f"file:{self.database}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
                return connection.execute(sql, values).fetchall()
        except sqlite3.Error:
            return []

    def output(self) -> str:
        """Return the log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _command(self, *arguments: str) -> list[str]:
        return [str(_WATCHWORD), "--config", str(self.config), *arguments]

    @staticmethod
    def _environment() -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WATCHWORD_")}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
