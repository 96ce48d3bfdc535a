"""How far a week is, said on standard error: one line that is written anew on a terminal, a line for each day elsewhere."""

import sys
from typing import TextIO

_DAYS = 7
_WIDTH = 79


class Progress:
    """Says each day of the week once."""

    def __init__(self, to: TextIO = sys.stderr) -> None:
        self._to = to
        self._day = -1

    def say(self, text: str) -> None:
        """Write a line in place of the one before."""
        if self._to.isatty():
            self._to.write(f"\r{text[:_WIDTH]:<{_WIDTH}}")
        else:
            self._to.write(f"{text}\n")
        self._to.flush()

    def note(self, share: float, *, published: int, received: int) -> None:
        """Say how far it is, where another day has begun; ``share`` of the week has passed."""
        day = min(_DAYS, int(share * _DAYS) + 1)
        if day != self._day:
            self._day = day
            self.say(f"day {day} of {_DAYS}: {published} articles published, {received} messages")

    def end(self) -> None:
        """Leave the line to what is printed next."""
        if self._to.isatty():
            self._to.write(f"\r{'':<{_WIDTH}}\r")
            self._to.flush()
