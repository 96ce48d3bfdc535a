"""Writing docs/reference/settings.md from the schema, so that it is always up to date."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crawler.config.durations import write_duration
from crawler.config.schema import Config
from crawler.config.sections.mail import ChannelSettings
from crawler.config.sections.recipients import RecipientSettings
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import SynonymSettings, WatchSettings

_INTRODUCTION = """\
---
description: Every setting with its default and meaning, and the environment variables.
---

# Settings

<!-- written by `make docs` from the models in crawler/config: edit there -->

The configuration is TOML: one file, or every `*.toml` of a folder (default `seeds`; `--config DIR|FILE` or
`WATCHWORD_CONFIG` choose another). Lists of sources and watches in several files are joined; a setting given twice is a fault.
`watchword check` finds every fault at once. The daemon notices edits; a faulty edit is refused and the previous version stays in force.

Durations are written `"30s"`, `"30m"`, `"2h"`, `"1d"`, `"1h30m"`; sizes `"500KB"`, `"10MB"`. A bare number is refused.

At the top of a file: `timezone` (default `"UTC"`), the IANA time zone of the times you are shown.
"""
_ENVIRONMENT = """\
## Environment

Every setting that is one value or a list of values can be set in the environment, which overrides the files:
`WATCHWORD_<TABLE>_<KEY>`, such as `WATCHWORD_MAIL_HOST`, `WATCHWORD_FETCH_EVERY`, `WATCHWORD_FETCH_PER_DOMAIN_DELAY`
or `WATCHWORD_TIMEZONE`; lists with commas. `WATCHWORD_<TABLE>_<KEY>_FILE` names a file that contains the value, as
container secrets do. `WATCHWORD_DATABASE` is `[store] path`, `WATCHWORD_CONFIG` is the path of the configuration. An empty
variable is ignored. `WATCHWORD_LOG_FORMAT=json` writes the log of `run`, `crawl` and `browse` as one JSON object a line. Relative paths in variables count from the folder you start in.
"""


def describe_settings() -> str:
    """Return the text of docs/reference/settings.md."""
    parts = [_INTRODUCTION]
    for heading, model in _sections():
        # the docstring of a table, after its name, is its sentence in the documentation
        sentence = (model.__doc__ or "").partition(": ")[2].strip().rstrip(".")
        parts.append(
            f"## `{heading}`\n\n{sentence[:1].upper()}{sentence[1:]}.\n\n{_table(model)}\n"
        )
    return "\n".join([*parts, _ENVIRONMENT])


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every table with its heading in the documentation."""
    yield from _with_parts("[[source]]", SourceSettings)
    yield from _with_parts("[[watch]]", WatchSettings)
    yield from _with_parts("[[synonyms]]", SynonymSettings)
    yield from _with_parts("[[channel]]", ChannelSettings)
    yield from _with_parts("[[recipient]]", RecipientSettings)
    for name, model in _parts(Config):
        yield from _with_parts(f"[{name}]", model)


def _with_parts(heading: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield heading, model
    yield from ((f"{heading} {name}", part) for name, part in _parts(model))


def _parts(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield name, info.annotation


def _table(model: type[BaseModel]) -> str:
    rows = ["| setting | default | meaning |", "| --- | --- | --- |", *_rows(model)]
    return "\n".join(rows)


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield f"| `{info.alias or name}` | {_write_default(info)} | {info.description} |"


def _write_default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    match info.default:
        case None | () | "" | {}:
            return "none"
        case BaseModel():
            return "see below"
        case default:
            return f"`{_write_value(default)}`"


def _write_value(value: object) -> str:
    match value:
        case timedelta():
            return f'"{write_duration(value)}"'
        case tuple():
            return f"[{', '.join(map(_write_value, value))}]"
        case bool():
            return str(value).lower()
        case int() if value >= 1_000_000:
            return f'"{value // 1_000_000}MB"'
        case int() | float():
            return str(value)
        case _:
            return f'"{value}"'
