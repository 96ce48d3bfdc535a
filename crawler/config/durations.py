"""Durations and sizes with units: "30m", "1h30m", "10MB". A bare number is refused."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT_BYTES = {"B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)", re.IGNORECASE)


def parse_duration(value: object) -> timedelta:
    """Return the duration of "90s", "30m", "2h", "1d", "1h30m"; raises ValueError, which says how to write it."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        # not a TypeError: pydantic turns ValueError into a fault
        raise ValueError(  # noqa: TRY004
            f'write a duration with its unit in quotes, such as "{_example(value)}"'
        )
    if not _DURATION.fullmatch(value.strip()):
        raise ValueError(f'"{value}" is not a duration; write "30s", "30m", "2h", "1d" or "1h30m"')
    seconds = sum(float(count) * _UNIT_SECONDS[unit] for count, unit in _PART.findall(value))
    if seconds > 3660 * 86_400:
        raise ValueError(f'"{value}" is longer than ten years')
    return timedelta(seconds=seconds)


def _example(value: object) -> str:
    """Return what a bare number may have meant; ``true`` is a number in Python, and meant none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value}m" if is_number and 0 < float(str(value)) < 1000 else "30m"


def write_duration(value: timedelta) -> str:
    """Return the shortest text that reads back as the same duration: "1h30m" for 5400 seconds, "0s" for zero."""
    # integers throughout: seconds as a float in six digits lost half a second of 100000.5s, and 1234567.5s could not be
    # read back
    rest, micros = value // timedelta(seconds=1), value.microseconds
    parts = []
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNIT_SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    seconds = f"{rest}.{micros:06d}".rstrip("0").rstrip(".") if micros else str(rest)
    if seconds != "0":
        parts.append(f"{seconds}s")
    return "".join(parts) or "0s"


def parse_size_bytes(value: object) -> int:
    """Return the bytes of "10MB" or "500KB"; raises ValueError, which says how to write it."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            f'{value!r} is not a size; write it with its unit in quotes, such as "10MB"'
        )
    return int(float(found[1]) * _UNIT_BYTES[found[2].upper()])


def write_size(count: int) -> str:
    """Return a text that ``parse_size_bytes`` reads back as the same number."""
    return f"{count}B"


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration, return_type=str)
]
SizeBytes = Annotated[
    int, BeforeValidator(parse_size_bytes), PlainSerializer(write_size, return_type=str)
]


def check_least_day(length: timedelta | None) -> timedelta | None:
    """Return a length of a day or more, or None as it is; raises ValueError for a shorter one."""
    if length is not None and length < timedelta(days=1):
        raise ValueError("write at least 1d")
    return length
