"""What a page claims for one field: the claims that were looked at, and why a claim did not count.

A field's finder yields its claims, the most trustworthy first, and takes the first that counts. Explaining a page to a
person walks through all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Generic[T]):
    """One place that may state a field.

    origin  the place, in words for a person: ``og:title``, ``a heading``
    text    what it says there
    value   what was read from it; None if it does not count
    reason  why it does not count, or what was left out of it; may be empty
    """

    origin: str
    text: str
    value: T | None
    reason: str = ""


def first_value(claims: Iterable[Claim[T]]) -> T | None:
    """Return the value of the first claim that counts; None if none does."""
    return next((claim.value for claim in claims if claim.value is not None), None)
