"""An estimate of a number from a sample, with the bounds between which it is 19 times of 20."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, pvariance

# of a normal distribution, 95 % lies within this many standard deviations
_DEVIATIONS = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and its bounds; all three are equal if it was counted."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: int) -> "Estimate":
        """Return a number that was counted."""
        return cls(value, value, value)


def estimate(parts: Sequence[float], *, drawn: int, among: int) -> Estimate:
    """Return how many there are in all, from a sample.

    parts  what each hit of the sample counts for: 1, or less if it may be drawn in several ways
    drawn  size of the sample; ``among``: of how many it was drawn

    Wilson's bounds for the share of hits: unlike those of the normal distribution they are right for shares near 0 and 1, which
    are the usual ones here. To them comes how much the parts differ.
    """
    if not drawn:
        return Estimate(0, 0, among)
    share, mean = len(parts) / drawn, fmean(parts) if parts else 1.0
    # drawing without putting back: whoever draws all knows all
    left = sqrt(max(0.0, 1 - drawn / among))
    square = _DEVIATIONS**2
    middle = (share + square / (2 * drawn)) / (1 + square / drawn)
    half = _DEVIATIONS * sqrt(share * (1 - share) / drawn + square / (4 * drawn**2)) / (1 + square / drawn)  # fmt: skip
    spread = _DEVIATIONS * sqrt(pvariance(parts) / len(parts)) * share if parts else 0.0
    value = share * mean * among
    below = sqrt((mean * (share - max(0.0, middle - half))) ** 2 + spread**2) * left * among
    above = sqrt((mean * (min(1.0, middle + half) - share)) ** 2 + spread**2) * left * among
    return Estimate(value, max(float(len(parts) * mean), value - below), min(float(among), value + above))  # fmt: skip
