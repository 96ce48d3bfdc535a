"""A pseudo-terminal: commands as a person sees and answers them."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

_LIMIT_SECONDS = 90
_PATIENCE_SECONDS = 5


class Terminal:
    """A command at a pseudo-terminal, as a person sees it."""

    def __init__(self, command: list[str], environ: dict[str, str], *, folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.child = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.text = ""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self._ours)

    def expect(self, words: str) -> str:
        """Wait for words after those that were waited for last; return what came before them."""
        deadline = time.monotonic() + _LIMIT_SECONDS
        while words not in self.text[self._seen :]:
            assert time.monotonic() < deadline, f"{words!r} did not come:\n{self.text}"
            assert self.read_some(), f"it ended before {words!r}:\n{self.text}"
        found = self.text[self._seen :].partition(words)[0]
        self._seen += len(found) + len(words)
        return found

    def answer(self, question: str, text: str) -> None:
        self.expect(question)
        os.write(self._ours, f"{text}\n".encode())

    def interrupt(self) -> int:
        """Press Ctrl-C, and again if nothing happens, as a person does; return the exit code.

        Python's line editing does not see a signal that comes between its prompt and its wait for a key.
        """
        for _ in range(_LIMIT_SECONDS // _PATIENCE_SECONDS):
            os.killpg(self.child.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(_PATIENCE_SECONDS)
                break
        return self.end()

    def end(self) -> int:
        deadline = time.monotonic() + _LIMIT_SECONDS
        while self.read_some():
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
        return self.child.wait(_LIMIT_SECONDS)

    def long_lines(self) -> list[str]:
        """Return the lines that 80 columns do not hold, without those that are long by the path of a test's folder."""
        return [line for line in self.text.splitlines() if len(line) > 80 and "/config" not in line]

    def read_some(self) -> bool:
        """Read what has come within a second; return False once the command has ended."""
        if not select.select([self._ours], [], [], 1)[0]:
            return True
        try:
            piece = os.read(self._ours, 65536)
        except OSError:  # the other end is closed
            return False
        self.text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", piece.decode()).replace("\r\n", "\n")
        return bool(piece)
