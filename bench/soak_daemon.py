"""The real daemon in a folder of its own, and a real mail server that notes which articles each message tells."""

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

from bench.soak_articles import find_tokens
from bench.soak_processes import MARK, Process, end_all, list_processes
from tests.fakes import FakeMailbox, read_part

ROOT = Path(__file__).resolve().parents[1]
_WATCHWORD = Path(sys.executable).with_name("watchword")
_STOP_SECONDS = 20.0
_COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that was accepted: to whom, which articles it names, and when."""

    recipient: str
    message_id: str
    tokens: frozenset[str]
    received_at: datetime


class Mailbox(FakeMailbox):
    """A mail server on loopback that reads the tokens in each message."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.told: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Accept a message."""
        answer = await super().handle_DATA(server, session, envelope)
        message = self.messages.pop()  # its tokens are enough to keep
        self.told.append(
            Message(
                recipient=str(message["To"]),
                message_id=str(message["Message-ID"]),
                tokens=find_tokens(f"{message['Subject']} {read_part(message)}"),
                received_at=datetime.now(UTC),
            )
        )
        return answer


class Running:
    """A daemon, its folder, its log and its database; ``database`` may lie elsewhere."""

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
    def exit_code(self) -> int | None:
        """What the daemon ended with, if it has ended."""
        return self._process.poll() if self._process else None

    def write_config(self, text: str) -> None:
        """Replace the configuration at once, as an editor does."""
        draft = self.config.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.rename(self.config)

    def start(
        self, *arguments: str, command: str = "run", environment: dict[str, str] | None = None
    ) -> None:
        """Start ``watchword run``, or another command that goes on until it is ended."""
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
        """Run another command of Watchword; one that hangs ends with code 124, as ``timeout`` has it."""
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
        """Ask the daemon to end; returns how many seconds that took, None where it had to be killed."""
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
        """Kill whatever the daemon left behind; returns how many processes that were."""
        return end_all(self.mark)

    def end(self) -> list[str]:
        """Stop the daemon and kill what it left behind; returns what was wrong at its end."""
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
        """List the daemon's processes, all or those of a kind."""
        return tuple(one for one in list_processes(self.mark) if kind in {"", one.kind})

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Read from the database; nothing where it cannot be read now."""
        try:
            address = f"file:{self.database}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
                return connection.execute(sql, values).fetchall()
        except sqlite3.Error:
            return []

    def said(self) -> str:
        """Return the log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _command(self, *arguments: str) -> list[str]:
        return [str(_WATCHWORD), "--config", str(self.config), *arguments]

    @staticmethod
    def _environment() -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WATCHWORD_")}
        return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
