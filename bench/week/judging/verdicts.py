"""The records of the ledger: what is due to a recipient, and the verdicts on a week."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from bench.week.judging.messages import ReceivedAlert


@dataclass(slots=True, kw_only=True)
class Due:
    """What is due to one recipient by one watch about one story.

    tokens      articles that the first alert may name
    due_at      when the first of them could be read
    is_certain  whether an alert must come; otherwise it may
    follows     states that follow: (kind, token, since, whether an alert must come)
    """

    tokens: set[str] = field(default_factory=set)
    due_at: datetime | None = None
    is_certain: bool = False
    follows: list[tuple[str, str, datetime, bool]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Verdicts:
    """The verdicts on a week.

    due          how many alerts were due, first and following ones
    alerted      how many of them came
    counted      those of them that a digest counted ("and 12 more") and did not show: docs/explanation/alerts.md
    misses       (recipient, watch, story, what is missing, tokens)
    false        alerts that nothing explains
    duplicates   the same alert again under another Message-ID; ``copies`` under the same one
    superfluous  updates and the like that did not have to come
    waits        seconds from publication, and from the first visit of the page, until the mail server accepted the alert
    """

    due: int = 0
    alerted: int = 0
    counted: int = 0
    alerts: int = 0
    misses: list[tuple[str, str, int, str, tuple[str, ...]]] = field(default_factory=list)
    false: list[ReceivedAlert] = field(default_factory=list)
    duplicates: list[ReceivedAlert] = field(default_factory=list)
    copies: list[ReceivedAlert] = field(default_factory=list)
    superfluous: list[ReceivedAlert] = field(default_factory=list)
    updates_due: int = 0
    updates_alerted: int = 0
    reprinted: int = 0
    reprint_alerts: int = 0
    waits: list[float] = field(default_factory=list)
    waits_from_visit: list[float] = field(default_factory=list)

    def excuse(self, hidden: Counter[tuple[str, str]]) -> None:
        """Remove from the misses the alerts that digests only counted, by recipient and watch; a webhook names no watch."""
        left = hidden.copy()
        for miss in list(self.misses):
            recipient, watch, _, what, _ = miss
            number = 1 if what == "new" else int(what.partition(" ")[0])
            place = next(
                (one for one in ((recipient, watch), (recipient, "")) if left[one] >= number), None
            )
            if place is not None:
                left[place] -= number
                self.alerted += number
                self.counted += number
                self.misses.remove(miss)

    @property
    def recall(self) -> float:
        """Return the share of due alerts that came."""
        return self.alerted / self.due if self.due else 1.0

    @property
    def precision(self) -> float:
        """Return the share of sent alerts that were due or allowed."""
        wrong = len(self.false) + len(self.duplicates) + len(self.superfluous)
        return 1 - wrong / self.alerts if self.alerts else 1.0
