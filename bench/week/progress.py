"""Progress of a week on standard error: one line that is rewritten on a terminal, a line for each day elsewhere."""

import sys
from typing import TextIO

_DAYS = 7
# one less than a terminal has, which would begin another line
_WIDTH = 79


class Progress:
    """Reports each day of the week once."""

    def __init__(self, to: TextIO = sys.stderr) -> None:
        self._to = to
        self._day = -1

    def say(self, text: str) -> None:
        """Print a line, on a terminal in place of the one before."""
        if self._to.isatty():
            self._to.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
        else:
            self._to.write(f"{text}\n")
        self._to.flush()

    def note(self, share: float, *, published: int, received: int) -> None:
        """Report the day if another one has begun; ``share`` of the week has passed."""
        day = min(_DAYS, int(share * _DAYS) + 1)
        if day != self._day:
            self._day = day
            self.say(f"day {day} of {_DAYS}: {published} articles published, {received} messages")

    def end(self) -> None:
        """End the line, so that the next output starts on a new one."""
        if self._to.isatty():
            self._to.write(f"\r{'':<{_WIDTH}}\r")
            self._to.flush()
