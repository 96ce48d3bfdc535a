"""What all sweeps have in common."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did: the number of rows, and the number after which the next one goes on, None at the end."""

    count: int
    after: int | None


# called with: connection, before which instant, after which number, at most how many rows are looked at
Sweep = Callable[[sqlite3.Connection, datetime, int, int], Swept]
