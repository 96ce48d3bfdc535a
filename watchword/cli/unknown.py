"""The error for a name that a person typed and the configuration does not have."""

from collections.abc import Iterable

import click


def refuse_unknown(kind: str, name: str, known: Iterable[str]) -> click.UsageError:
    """Return the error to raise for an unknown name, with the nearest known one.

    kind  what the name stands for, such as "watch"
    """
    # imported where it is used: --help must not wait for the configuration
    from crawler.config.checks.faults import Origin  # noqa: PLC0415

    return click.UsageError(Origin.near(f'no {kind} is called "{name}"', name, [*known]))
