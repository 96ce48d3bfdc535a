"""Names that a person typed and the configuration does not have."""

from collections.abc import Iterable

import click


def refuse_unknown(kind: str, name: str, known: Iterable[str]) -> click.UsageError:
    """Return the error to raise for a name, with the nearest one there is.

    kind  what it names, such as "watch"
    """
    # the configuration is for those who use it, not for --help
    from crawler.config.checks.faults import Origin  # noqa: PLC0415

    return click.UsageError(Origin.near(f'no {kind} is called "{name}"', name, [*known]))
