"""What is remembered of a watched page between its visits."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMemory:
    """What is remembered of one line of a watched page.

    key           its place: what it says but for digits, or what stands around it
    value         stands for its words as they were at the last visit
    line          its beginning, for people
    read_at       that visit, aware UTC
    same_count    visits in a row in which it said the same
    change_count  visits in a row, but for pauses that are too short, at which it had changed
    is_held       it differs from what was told, and is held back
    """

    key: str
    value: str
    line: str = field(repr=False)
    read_at: datetime
    same_count: int = 1
    change_count: int = 0
    is_held: bool = False
