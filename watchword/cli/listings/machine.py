"""The option ``--json``: machine values, whole or only the fields that were asked for."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path

import click

from crawler.storage.file.database import to_text

# SQLite has no booleans: columns of these names hold 0, 1 or null
_QUESTIONS = ("is_", "has_", "was_")


@dataclass(frozen=True, slots=True)
class Json:
    """That JSON was asked for, and the fields of it; no fields mean all."""

    fields: tuple[str, ...] = ()

    def print(self, value: object) -> None:
        """Print a list of objects, or one object; raise UsageError for a field it does not have."""
        value = to_json(value)
        if self.fields:
            value = (
                [self._choose(one) for one in value]
                if isinstance(value, list)
                else self._choose(value)
            )
        click.echo(json.dumps(value, ensure_ascii=False, indent=2))

    def _choose(self, found: object) -> object:
        if not isinstance(found, dict):
            return found
        for name in self.fields:
            if name not in found:
                raise click.UsageError(
                    f'--json: there is no field "{name}" here; there are {", ".join(found)}'
                )
        return {name: found[name] for name in self.fields}


class _Fields(click.ParamType[Json]):
    name = "fields"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Json:
        """Return what was asked for."""
        if isinstance(value, Json):
            return value
        names = tuple(name.strip() for name in str(value).split(","))
        return Json(tuple(filter(None, names)))


json_option = click.option(
    "--json",
    "as_json",
    type=_Fields(),
    is_flag=False,
    flag_value="",
    metavar="[FIELD,...]",
    help="Print JSON: all fields, or those named. Write it after the arguments.",
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
