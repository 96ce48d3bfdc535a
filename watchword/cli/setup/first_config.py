"""Writing the first configuration: all of it or nothing, and never over a file that is there."""

# imported where it is used: --help must not wait for pydantic and tomlkit.
# ruff: noqa: PLC0415
import os
import tempfile
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import click

from watchword.cli.setup.answers import Answers
from watchword.cli.terminal.context import check_query

# in a folder of its own in seeds/, so that the wheel has it and `make run` does not read it
FIRST_CONFIG = (files("seeds") / "first" / "watchword.toml").read_text(encoding="utf-8")
# beside the configuration, and readable by its owner alone
_PASSWORD_FILE = "mail-password"  # noqa: S105  # the name of a file
_HOOK_FILE = "webhook-address"
_HEAD = """\
# Watchword: what is watched, and who gets alerts. `watchword check` finds faults; `watchword docs settings` lists every setting.
timezone = {zone}   # of the times you are shown

[fetch]
contact = ""   # a page or address for site owners, sent with every request
"""


def find_file(path: Path) -> Path:
    """Return the file to write a first configuration to; raise ClickException if there is a configuration."""
    if path.suffix != ".toml":
        if path.is_dir() and any(path.glob("*.toml")):
            raise _refuse(path)
        return path / "watchword.toml"
    if path.exists():
        raise _refuse(path)
    return path


def _refuse(path: Path) -> click.ClickException:
    return click.ClickException(f"there is already a configuration at {path}; nothing was written")


def write_config(answers: Answers, *, is_untouched: bool) -> tuple[str, Mapping[str, str]]:
    """Return the text of the configuration and the files with its secrets, by name.

    is_untouched  nothing was asked for, so the example with all its comments is written
    """
    if is_untouched:
        return FIRST_CONFIG, {}
    secrets = {}
    if answers.server is not None and answers.server.password:
        secrets[_PASSWORD_FILE] = answers.server.password
    if answers.hook:
        secrets[_HOOK_FILE] = answers.hook
    parts = [_HEAD.format(zone=_write(answers.timezone)), *_write_mail(answers)]
    parts.extend(_write_table("[[source]]", facts) for facts in answers.sources.values())
    parts.extend(_write_watch(name, query, answers) for name, query in answers.watches.items())
    return "\n".join(parts), secrets


def _write_mail(answers: Answers) -> Iterator[str]:
    if answers.hook:
        kind = "webhook" if answers.hook.startswith(("http://", "https://")) else "apprise"
        channel = {"name": "hook", "kind": kind, "url_file": _HOOK_FILE}
        yield _write_table("[[channel]]", channel)
    facts: dict[str, object] = {
        "from": answers.sender or next(iter(answers.to), ""),
        "to": answers.to,
    }
    server = answers.server
    if server is not None:
        file = _PASSWORD_FILE if server.password else server.password_file
        facts |= {"host": server.host, "port": server.port, "tls": server.tls}
        facts |= {"username": server.username, "password_file": str(file or "")}
    stated = {key: value for key, value in facts.items() if value}
    comment = "" if server else "   # without `host`, alerts are files in the Maildir var/mail"
    if stated:
        yield _write_table(f"[mail]{comment}", stated)


def _write_watch(name: str, query: str, answers: Answers) -> str:
    facts: dict[str, object] = {"name": name, "query": query}
    if answers.hook:
        facts["channels"] = ["hook"]
        if answers.to:
            facts["to"] = answers.to
    return _write_table("[[watch]]", facts)


def _write_table(head: str, facts: Mapping[str, object]) -> str:
    lines = [head, *(f"{key} = {_write(value)}" for key, value in facts.items())]
    return "\n".join(lines) + "\n"


def _write(value: object) -> str:
    """Return a value as TOML; a query with double quotes in single ones, so that they need no backslash."""
    import tomlkit

    if isinstance(value, str):
        is_literal = '"' in value and "'" not in value and value.isprintable()
        return tomlkit.string(value, literal=is_literal).as_string()
    return tomlkit.item(value).as_string()


def save(file: Path, text: str, secrets: Mapping[str, str]) -> None:
    """Write the configuration and its secrets; if one cannot be written, none is left.

    raises  ConfigFaulty if the text has a fault, ClickException if a file is there or cannot be written
    """
    _refuse_faults(text)
    file.parent.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    try:
        for name, secret in secrets.items():
            _create(file.parent / name, f"{secret}\n", mode=0o600, made=made)
        _create(file, text, mode=0o666, made=made)
    except BaseException:  # Ctrl-C as well
        for one in made:
            one.unlink(missing_ok=True)
        raise


def _refuse_faults(text: str) -> None:
    """Raise ConfigFaulty as ``watchword check`` would, before anything is written."""
    from crawler.config.load import load_config

    with tempfile.TemporaryDirectory(prefix="watchword-init-") as folder:
        trial = Path(folder) / "watchword.toml"
        trial.write_text(text, encoding="utf-8")
        load_config(trial, environ={}, check_query=check_query)


def _create(path: Path, text: str, *, mode: int, made: list[Path]) -> None:
    # O_EXCL: a file that appeared meanwhile is not overwritten
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise click.ClickException(
            f"there is already a file {path}; nothing was written"
        ) from error
    made.append(path)
    with os.fdopen(number, "w", encoding="utf-8") as opened:
        opened.write(text)
