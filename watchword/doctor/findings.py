"""What ``doctor`` reports: findings, each with a verdict and what to do next."""

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from crawler.errors import reason_of
from crawler.storage.file.read_only import explain_failure


class Verdict(StrEnum):
    """Whether what was checked is fine, needs a look, or is broken. The order counts: the worst comes last."""

    OK = "ok"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check.

    details  one line each
    remedy   what a person can do; empty if nothing is needed or helps
    """

    subject: str
    verdict: Verdict
    summary: str
    details: tuple[str, ...] = ()
    remedy: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the finding as JSON values."""
        return asdict(self)


def guarded(subject: str, look: Callable[[], Finding]) -> Finding:
    """Return the finding of a check; one that fails becomes a BROKEN finding, so that the others are still made."""
    try:
        return look()
    # every error: a damaged file can hold a text where a number belongs, which SQLite itself does not report
    except Exception as error:
        if isinstance(error, sqlite3.Error):
            why = explain_failure(error, "the database")
        else:
            why = f"{type(error).__name__}: {reason_of(error)}"
        return Finding(
            subject=subject,
            verdict=Verdict.BROKEN,
            summary=f"cannot be read ({why})",
        )
