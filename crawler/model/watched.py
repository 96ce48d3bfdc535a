"""What is remembered of a watched page between its readings."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMemory:
    """What is remembered of one line of a watched page.

    key           its place: what it says but for digits, or what stands around it
    value         stands for its words as they were at the last reading
    line          its beginning, for people
    read_at       that reading, aware UTC
    same_count    readings in a row in which it said the same
    change_count  readings in a row, but for pauses that are too short, at which it had changed
    is_held       it differs from what was told, and is held back
    """

    key: str
    value: str
    line: str = field(repr=False)
    read_at: datetime
    same_count: int = 1
    change_count: int = 0
    is_held: bool = False
