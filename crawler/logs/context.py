"""What is being worked on: bound once, and then part of every line that is logged meanwhile, of libraries too."""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

_bound: ContextVar[Mapping[str, object]] = ContextVar("watchword_bound")
_NOTHING: Mapping[str, object] = {}


@contextlib.contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Add fields to all lines that this task, and those it starts, log in the block: ``bound(source="harbour", visit=7)``."""
    token = _bound.set({**read_context(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


def read_context() -> Mapping[str, object]:
    """Return the fields bound here."""
    return _bound.get(_NOTHING)
