"""Durations and sizes as people write them: "30m", "1h30m", "10MB". A bare number is refused."""

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
    """Read "90s", "30m", "2h", "1d", "1h30m"; raises ValueError saying how to write it."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        # ValueError: it is what pydantic turns into a fault
        raise ValueError(  # noqa: TRY004
            f'write a duration with its unit in quotes, such as "{value}m"'
        )
    if not _DURATION.fullmatch(value.strip()):
        raise ValueError(f'"{value}" is not a duration; write "30s", "30m", "2h", "1d" or "1h30m"')
    seconds = sum(float(count) * _UNIT_SECONDS[unit] for count, unit in _PART.findall(value))
    if seconds > 3660 * 86_400:
        raise ValueError(f'"{value}" is longer than ten years')
    return timedelta(seconds=seconds)


def write_duration(value: timedelta) -> str:
    """Return the shortest form that reads back to the same length: 5400 seconds is "1h30m", zero is "0s"."""
    # whole numbers to the last digit: a float of seconds, written short, is another length
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
    """Read "10MB", "500KB"; raises ValueError saying how to write it."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'{value!r} is no size; write it with its unit in quotes, such as "10MB"')
    return int(float(found[1]) * _UNIT_BYTES[found[2].upper()])


def write_size(count: int) -> str:
    """Give a size that ``parse_size_bytes`` reads back to the same count."""
    return f"{count}B"


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(write_duration, return_type=str)
]
SizeBytes = Annotated[
    int, BeforeValidator(parse_size_bytes), PlainSerializer(write_size, return_type=str)
]
