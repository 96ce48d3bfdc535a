"""The errors for names and numbers that were typed and are not there: the same words and exit code for every noun."""

from collections.abc import Iterable

import click


class NotFound(click.ClickException):
    """What a person named is not there; the code is that of wrong usage, whatever the noun."""

    exit_code = 2


def refuse_unknown(kind: str, name: str, known: Iterable[str]) -> NotFound:
    """Return the error to raise for an unknown name, with the nearest known one, or else the command that lists them.

    kind  what the name stands for: "watch" or "source"
    """
    # imported where it is used: --help must not wait for the configuration
    from crawler.config.checks.faults import Origin  # noqa: PLC0415

    problem = f'no {kind} is called "{name}"'
    near = Origin.near(problem, name, [*known])
    return NotFound(near if near != problem else f"{problem}; `watchword {kind} list` lists them")


def refuse_number(kind: str, number: object) -> NotFound:
    """Return the error to raise for an article, story or alert that is not there."""
    return NotFound(f"there is no {kind} {number}; `watchword {kind} list` lists them")
