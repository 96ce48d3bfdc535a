"""The option ``--json``: machine values, whole or only the fields that were asked for."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crawler.storage.file.database import to_text

_Command = TypeVar("_Command", bound=Callable[..., Any])
if TYPE_CHECKING:
    _AnyType = click.ParamType[Any]
else:  # no generic type in Click 8.3
    _AnyType = click.ParamType

# SQLite has no booleans: columns of these names hold 0, 1 or null
_QUESTIONS = ("is_", "has_", "was_")


@dataclass(frozen=True, slots=True)
class Json:
    """That JSON was asked for, and the fields of it; no fields mean all."""

    fields: tuple[str, ...] = ()

    def print(self, value: object) -> None:
        """Print a list of objects, or one object. A field that an object does not have is null."""
        value = to_json(value)
        value = [self._choose(one) for one in value] if isinstance(value, list) else self._choose(value)  # fmt: skip
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def _choose(self, found: object) -> object:
        if not self.fields or not isinstance(found, dict):
            return found
        return {name: found.get(name) for name in self.fields}


class Fields(_AnyType):
    """The fields that were asked for; ``known`` are those the command has."""

    name = "fields"

    def __init__(self, known: Sequence[str]) -> None:
        self.known = known

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Json:
        """Return what was asked for; raise UsageError for a field that the command does not have."""
        if isinstance(value, Json):
            return value
        names = split_fields(str(value))
        for name in names:
            if name not in self.known:
                near = get_close_matches(name, self.known, n=1)
                hint = f'; did you mean "{near[0]}"?' if near else ""
                there = f"; there are {', '.join(self.known)}" if not near else ""
                raise click.UsageError(f'--json: there is no field "{name}" here{hint}{there}', ctx)
        return Json(names)


def split_fields(text: str) -> tuple[str, ...]:
    """Return the names in a list with commas."""
    return tuple(filter(None, (name.strip() for name in text.split(","))))


class _JsonOption(click.Option):
    """The option ``--json``, whose value may be left out.

    Click would take any next word for its value, also the 3 of ``article show --json 3``. This takes the next word only
    if it names fields of the command, or if no argument is left that could take it. ``--json=url`` always names fields.
    """

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Register the option; Click has no public way to decide about the next word."""
        super().add_to_parser(parser, ctx)
        match_option = parser._match_long_opt

        def match(option: str, value: str | None, state: Any) -> None:
            if option in self.opts and value is None:
                value = state.rargs.pop(0) if self._takes_next(ctx.command, state) else ""
            match_option(option, value, state)

        parser._match_long_opt = match

    def _takes_next(self, command: click.Command, state: Any) -> bool:
        """Return whether the next word names fields.

        state  of Click's parser: words that were read as arguments, and those that are still to be read
        """
        words, given = state.rargs, len(state.largs)
        if not words or words[0].startswith("-"):
            return False
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        names, known = split_fields(words[0]), set(self.type.known)  # type: ignore[attr-defined]  # of Fields
        # a list in which one is misspelt is still no argument
        if set(names) <= known or (names[1:] and known & set(names)):
            least = sum(max(one.nargs, 1) for one in arguments if one.required)
            return given + sum(not word.startswith("-") for word in words[1:]) >= least
        is_unlimited = any(one.nargs < 0 for one in arguments)
        return not is_unlimited and given >= sum(one.nargs for one in arguments)


def json_option(fields: str) -> Callable[[_Command], _Command]:
    """Return the option ``--json`` of a command.

    fields  the names in its objects, between blanks
    """
    known = fields.split()
    return click.option(
        "--json",
        "as_json",
        cls=_JsonOption,
        type=Fields(known),
        is_flag=False,
        flag_value="",
        metavar="[FIELD,...]",
        help=f"Print JSON: all fields, or those named, of {', '.join(known)}.",
    )


def to_json(value: object, *, key: str = "") -> object:
    """Return a value as JSON has it: instants in UTC as ISO text, numbers, booleans, null, lists and objects.

    raises  TypeError for what has no such form: it would have been printed as a text for people
    """
    if isinstance(value, Mapping):
        return {str(name): to_json(one, key=str(name)) for name, one in value.items()}
    if isinstance(value, int) and key.startswith(_QUESTIONS):
        return bool(value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [to_json(one) for one in value]
    return _write_value(value)


def _write_value(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
