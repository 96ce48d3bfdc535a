"""The finding about the rules of time zones: governments change them, and old rules send a digest at the wrong hour."""

import re
import zoneinfo
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.text.counts import write_count
from watchword.doctor.findings import Finding, Verdict

if TYPE_CHECKING:  # for types only: --help must not wait for pydantic
    from crawler.config.schema import Config

# the first line of tzdata.zi: "# version 2025b"
_VERSION = re.compile(r"# version (\S+)")
# rules of some country change each year, those of most countries in no decade
_MOST_YEARS = 3
_INSTALL = "bring the package tzdata up to date, or use a newer image"


def look_at_zones(config: "Config", *, now: datetime) -> Finding:
    """Return which zones are used and of when their rules are; LOOK if they are old, BROKEN if a zone has none."""
    names = sorted(set(_list_zones(config)))
    missing = [name for name in names if not _is_known(name)]
    if missing:
        return Finding(
            subject="time zones",
            verdict=Verdict.BROKEN,
            summary=f"this machine has no rules for {', '.join(missing)}",
            remedy=_INSTALL,
        )
    rules = find_rules(tuple(zoneinfo.TZPATH))
    shown = names[0] if len(names) == 1 else write_count(len(names), "zone")
    return judge_rules(shown, rules, now=now)


def judge_rules(shown: str, rules: str, *, now: datetime) -> Finding:
    """Return the finding for rules of a version such as ``2025b``; empty if it is not known."""
    year = re.match(r"\d{4}", rules)
    is_old = year is not None and now.year - int(year[0]) > _MOST_YEARS
    return Finding(
        subject="time zones",
        verdict=Verdict.LOOK if is_old else Verdict.OK,
        summary=f"{shown}, by the rules of {rules}" if rules else shown,
        remedy=_INSTALL if is_old else "",
    )


def find_rules(folders: tuple[str, ...]) -> str:
    """Return the version of the rules in use: of the first folder that has any, else of the package; empty if unknown."""
    for folder in map(Path, folders):
        if not (folder / "UTC").exists():
            continue
        try:
            with (folder / "tzdata.zi").open(encoding="utf-8", errors="replace") as file:
                found = _VERSION.match(file.readline(100))
        except OSError:
            return ""
        return found[1] if found else ""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return ""


def _list_zones(config: "Config") -> Iterator[str]:
    for part in (config, config.mail, *config.sources, *config.watches, *config.recipients):
        zone = getattr(part, "timezone", None)
        if isinstance(zone, str) and zone:
            yield zone


def _is_known(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
