"""Numbers and counts written for people: ``1,234``, ``1 article``, ``2 times``.

Messages count in the reader's language: ``alerting/phrases.py``.
"""

from typing import TYPE_CHECKING

from crawler.text.instants import ENGLISH

if TYPE_CHECKING:
    from babel import Locale


def write_number(number: float, locale: "Locale | str" = ENGLISH) -> str:
    """Return ``1,234``, as numbers are written in a reader's country."""
    # a command that lists must not wait for babel, which takes longer than all else it does
    if locale == ENGLISH and isinstance(number, int):
        return format(number, ",")
    from babel.numbers import format_decimal  # noqa: PLC0415

    return str(format_decimal(number, locale=locale))


def write_count(number: int, one: str, many: str = "") -> str:
    """Return ``1 article``, ``1,234 articles``; ``many`` is the plural if adding ``s`` does not make it."""
    return f"{write_number(number)} {one if number == 1 else many or f'{one}s'}"


def write_times(number: int) -> str:
    """Return ``once``, ``2 times``."""
    return "once" if number == 1 else write_count(number, "time")


def write_size(byte_count: int) -> str:
    """Return a size for a person, such as ``5.7 GB``."""
    count = float(byte_count)
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
