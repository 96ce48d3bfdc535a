"""What of a worker's bundles is not settled yet, by domain."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Part:
    """What of a bundle's domain is not settled yet: visits by id and pages by entry."""

    visits: set[int] = field(default_factory=set)
    entries: set[int] = field(default_factory=set)
    is_settled: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self) -> None:
        """See whether all is settled."""
        if not self.visits and not self.entries:
            self.is_settled.set()


class Parts:
    """The parts of all bundles that are under way."""

    def __init__(self) -> None:
        self._open: set[Part] = set()

    def begin(self, *, visits: Iterable[int], entries: Iterable[int]) -> Part:
        """Return a new part."""
        part = Part(visits=set(visits), entries=set(entries))
        self._open.add(part)
        return part

    def end(self, part: Part) -> None:
        """Forget a part, whether it is settled or not."""
        self._open.discard(part)

    def note_closed(self, visit_id: int) -> None:
        """Note that a source was read, or that its visit was given up."""
        for part in self._open:
            part.visits.discard(visit_id)
            part.look()

    def note_settled(self, entry_ids: Iterable[int]) -> None:
        """Note that pages were read, failed or given up."""
        ids = frozenset(entry_ids)
        for part in self._open:
            part.entries -= ids
            part.look()
