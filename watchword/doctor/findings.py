"""What ``doctor`` reports: findings, each with a verdict and what to do next."""

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from crawler.errors import reason_of
from crawler.storage.file.read_only import explain_failure


class Verdict(StrEnum):
    """How a finding is meant: fine, needs a look, or broken."""

    OK = "ok"
    LOOK = "look"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    details  one line each
    remedy   what a person can do, or empty
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
    """Return what a look finds; a look that fails is a finding too, and keeps no other from being made."""
    try:
        return look()
    # a damaged file holds anything: a text where a number belongs breaks code that never sees SQLite complain
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
