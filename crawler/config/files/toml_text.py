"""Parsing TOML that a person wrote, or that something else left in its place."""

import tomllib
from typing import Any

# lists and tables within each other: settings have three; with some hundreds, whatever walks them fails
_DEEPEST = 30


def load_toml(text: str) -> dict[str, Any]:
    """Return a document as tables; raises TOMLDecodeError, and RecursionError if more than 30 of its values lie within each other."""
    document = tomllib.loads(text)
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [
            value
            for one in level
            for value in (one.values() if isinstance(one, dict) else one)
            if isinstance(value, dict | list)
        ]
        if not level:
            return document
    raise RecursionError("tables lie too deep within each other")


def split_lines(text: str) -> list[str]:
    """Return the lines of a file that was read as text, without their ends, as TOML and editors count them.

    Text that is pasted from the web brings signs at which ``str.splitlines`` ends a line and nobody else does (U+2028, U+0085).
    """
    return text.removesuffix("\n").split("\n") if text else []
