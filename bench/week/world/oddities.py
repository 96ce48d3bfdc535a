"""The time scale of a week, and the moments at which sites turn odd."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.week.world.sites import Phase, Site

# a site that does not answer for five hours of the week
_SILENCE = timedelta(seconds=5)
_SILENCE_SHARE = 0.3
# quirk -> what it changes, and after which share of the week
ODDITIES: dict[str, list[tuple[float, dict[str, object]]]] = {
    "wall": [(0.35, {"is_walled": True}), (0.55, {"is_walled": False})],
    "sleeps": [(0.25, {"is_asleep": True}), (0.4, {"is_asleep": False})],
    "moves": [(0.5, {"is_moved": True})],
    "renames": [(0.5, {"is_renamed": True})],
    "guids": [(0.5, {"guid_series": 1})],
    "www": [(0.0, {"is_moved": True})],
    "moved links": [(0.5, {"is_renumbered": True})],
    "stumbles": [(0.3, {"is_stumbling": True}), (0.4, {"is_stumbling": False})],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The time scale of a week.

    seconds          how long sites publish
    end              seconds up to the end of the daemon, at least
    every            seconds between two visits to a source
    article_seconds  mean seconds between two articles of a site
    revisits         seconds after which a matched article is revisited without a sign in the feed
    """

    seconds: float
    every: float
    article_seconds: float
    revisits: tuple[int, ...]
    end: float


def list_oddities(site: Site) -> Iterator[tuple[float, Callable[[datetime], None]]]:
    """Yield the changes of a site, each with the share of the week after which it happens."""
    for quirk in sorted(site.quirks & ODDITIES.keys()):
        for share, changes in ODDITIES[quirk]:
            yield share, _switch(site.phase, changes)
    if site.quirks & {"429", "503"}:

        def silence(now: datetime) -> None:
            site.phase.silent_until = now + _SILENCE

        yield _SILENCE_SHARE, silence


def _switch(phase: Phase, changes: dict[str, object]) -> Callable[[datetime], None]:
    def switch(_: datetime) -> None:
        for name, value in changes.items():
            setattr(phase, name, value)

    return switch
