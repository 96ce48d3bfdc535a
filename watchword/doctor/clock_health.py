"""The finding about the wall clock."""

from datetime import datetime

from crawler.text.instants import write_instant
from scheduler.clock_check import REPAIR, find_doubt
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.machine.clock_service import is_kept_right


def look_at_clock(last: datetime | None, *, now: datetime) -> Finding:
    """Return what the clock shows, and whether it can be right.

    last  the latest moment that is stored, as for ``find_doubt``; None if none is
    """
    doubt = find_doubt(now, last)
    if doubt is None:
        return Finding(
            subject="clock", verdict=Verdict.OK, summary=write_instant(now) + _write_service()
        )
    return Finding(
        subject="clock",
        verdict=Verdict.BROKEN if doubt.is_unset else Verdict.LOOK,
        summary=doubt.reason,
        remedy=REPAIR
        if doubt.is_unset
        else f"if it is wrong, {REPAIR}; if it is right, do nothing",
    )


def _write_service() -> str:
    """Return who keeps the clock right. That nobody seems to is no fault: the host of a virtual machine is not seen."""
    kept = is_kept_right()
    if kept is None:
        return ""
    return (
        ", kept right by a time service"
        if kept
        else "; no time service of this machine is seen to keep it right"
    )
