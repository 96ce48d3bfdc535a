"""The memory of a watched page between its visits."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineMemory:
    """The memory of one line of a watched page.

    key           its place: its words without digits, or the lines around it
    value         hash of its words at the last visit
    line          its beginning, for people
    read_at       that visit, aware UTC
    same_count    visits in a row in which it was the same
    change_count  visits in a row at which it had changed; a pause that is too short does not end the row
    is_held       it differs from what was last alerted, and is held back
    """

    key: str
    value: str
    line: str = field(repr=False)
    read_at: datetime
    same_count: int = 1
    change_count: int = 0
    is_held: bool = False
