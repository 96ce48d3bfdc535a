"""What is asked of a week, and how it is compressed."""

from dataclasses import dataclass

from bench.week.oddities import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for."""

    minutes: float
    sites: int
    seed: int
    faults: str = "none"
    only: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """Return how the week is compressed: the first visits and the end take a minute and a half."""
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
        """Return how long is waited at the end for what is due."""
        # a failed visit is repeated after half a minute, a deferred message after a minute; many faults need a week to lie in,
        # and what is due is waited for all the same
        return {"none": 80.0, "all": 60.0}.get(self.faults, 110.0)
