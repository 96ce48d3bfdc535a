"""What the commands about watches share: their options, and the settings read from them."""

# imported where it is used: --help must not wait for pydantic and the watch language.
# ruff: noqa: PLC0415
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from watchword.cli.listings.tables import print_note
from watchword.cli.terminal.context import NAME, Context
from watchword.cli.terminal.names import SOURCE_NAME
from watchword.cli.unknown import refuse_unknown

if TYPE_CHECKING:
    from crawler.config.sections.watches import WatchSettings
    from crawler.matching.matcher import CompiledWatch

_F = TypeVar("_F", bound=Callable[..., Any])

_FILTERS = (
    click.option("--source", "sources", multiple=True, metavar="NAME|TAG", type=SOURCE_NAME, help="Only these sources; may be repeated."),
    click.option("--language", "languages", multiple=True, metavar="CODE", help="Only articles in this language, such as en; may be repeated."),
    click.option("--title-only/--whole-text", "title_only", default=None, help="Match headlines only, or the whole text."),
    click.option("--min-mentions", type=click.IntRange(1, 1000), help="Only articles that contain its words at least this many times."),
    click.option("--synonyms", "synonyms", multiple=True, metavar="SET", type=NAME, help="A [[synonyms]] set of interchangeable words; may be repeated."),
)  # fmt: skip
_ALERT_OPTIONS = (
    click.option("--alert", type=click.Choice(["now", "digest", "none"]), help="When to send mails."),
    click.option("--digest", metavar="TIMES", help='When to send digests, such as "08:00" or "mon-fri 08:00".'),
    click.option("--group", type=NAME, help="Watches with the same group share a digest."),
    click.option("--on-revision", type=click.Choice(["never", "new-match", "any"]), help="Whether a changed article alerts again."),
    click.option("--to", multiple=True, metavar="ADDRESS", help="A recipient; may be repeated."),
    click.option("--channel", "channels", multiple=True, metavar="NAME", type=NAME, help="A [[channel]] to alert; may be repeated."),
)  # fmt: skip


def filter_options(command: _F) -> _F:
    """Add the options that choose which articles a watch looks at."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def alert_options(command: _F) -> _F:
    """Add the options that choose who gets alerts, and when."""
    for option in reversed(_ALERT_OPTIONS):
        command = option(command)
    return command


def stated(options: Mapping[str, object]) -> dict[str, object]:
    """Return the options that were set, as values for TOML."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.items()
        if value is not None and value != ()
    }


def read_settings(facts: Mapping[str, object]) -> "WatchSettings":
    """Return the checked settings of a watch; raise UsageError with every fault."""
    from pydantic import ValidationError

    from crawler.config.checks.faults import Origin, describe_errors
    from crawler.config.sections.watches import WatchSettings

    try:
        return WatchSettings.model_validate(dict(facts))
    except ValidationError as error:
        origin = Origin(file="", text="")
        faults = describe_errors(error, WatchSettings, origin, ())
        raise click.UsageError(
            "\n".join(f"{one.where}: {one.problem}" for one in faults)
        ) from error


def get_known(context: Context, name: str) -> "WatchSettings":
    """Return a watch of the configuration; raise UsageError with the nearest name if there is none."""
    found = context.config.watch_named(name)
    if found is None:
        raise refuse_unknown("watch", name, (one.name for one in context.config.watches))
    return found


def compile_settings(context: Context, settings: "WatchSettings") -> "CompiledWatch":
    """Return a watch ready to match; raise UsageError for a syntax error, with its place, or for an unknown name."""
    from crawler.errors import QuerySyntaxError
    from crawler.matching.matcher import compile_watch
    from crawler.storage.watch.watches import make_watch

    config = context.config
    scopes = {word for source in config.sources for word in (source.name, *source.tags)}
    _refuse_unknown(settings.sources, scopes, "no source has the name or tag")
    _refuse_unknown(
        settings.synonyms, {item.name for item in config.synonyms}, "no [[synonyms]] has the name"
    )
    known_channels = {channel.name for channel in config.channels}
    _refuse_unknown(settings.channels, known_channels, "no [[channel]] has the name")
    try:
        return compile_watch(make_watch(settings, context.config))
    except QuerySyntaxError as error:
        raise click.UsageError(error.pointed()) from error


def _refuse_unknown(names: tuple[str, ...], known: set[str], problem: str) -> None:
    from crawler.config.checks.faults import Origin

    for name in names:
        if name not in known:
            raise click.UsageError(Origin.near(f'{problem} "{name}"', name, known))


def print_advice(query: str) -> None:
    """Print on stderr where a query may not mean what was intended."""
    from crawler.matching.queries.advice import advise

    for line in advise(query):
        print_note(line)
