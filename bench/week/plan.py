"""The options of a week, and its time scale."""

from dataclasses import dataclass

from bench.week.world.oddities import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The options of a week."""

    minutes: float
    sites: int
    seed: int
    faults: str = "none"
    only: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """Return the time scale of the week; first visits and end take a minute and a half of it."""
        total = self.minutes * 60
        return Scale(
            seconds=max(30.0, total - self.settle_seconds - 20),
            every=max(6.0, self.sites / 10),
            article_seconds=max(35.0, total / 12),
            end=max(30.0, total - self.settle_seconds - 20) + self.settle_seconds,
            revisits=(360, 720) if self.minutes >= 20 else (40, 80),
        )

    @property
    def settle_seconds(self) -> float:
        """Return how long to wait at the end for what is due."""
        # a failed visit is repeated after half a minute, a deferred message after a minute; a week with many faults is long,
        # and what is due at its end is waited for all the same
        return {"none": 80.0, "all": 60.0}.get(self.faults, 110.0)
