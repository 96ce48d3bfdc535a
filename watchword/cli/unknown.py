"""The error for a name that was typed and is not in the configuration."""

from collections.abc import Iterable

import click


def refuse_unknown(kind: str, name: str, known: Iterable[str]) -> click.UsageError:
    """Return the error to raise for an unknown name, with the nearest known one, or else the command that lists them.

    kind  what the name stands for: "watch" or "source"
    """
    # imported where it is used: --help must not wait for the configuration
    from crawler.config.checks.faults import Origin  # noqa: PLC0415

    problem = f'no {kind} is called "{name}"'
    near = Origin.near(problem, name, [*known])
    return click.UsageError(
        near if near != problem else f"{problem}; `watchword {kind} list` lists them"
    )
