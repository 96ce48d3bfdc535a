"""The commands of ``watchword web``: the owner's password of the web pages."""

import os
import secrets
from pathlib import Path

import click

from crawler.config.edit import set_setting
from crawler.config.files.places import config_folder
from crawler.config.sections.web import find_password_fault
from watchword.cli.terminal.context import Context, pass_context

_FILE = "web-password.txt"
# 144 bits in 24 signs that every keyboard has
_RANDOM_BYTES = 18


@click.group()
def web() -> None:
    """Manage the sign-in to the web pages.

    \b
    Examples:
      watchword web password
      watchword web password --random
    """


@web.command("password")
@click.option("--random", "is_random", is_flag=True, help="Make up a good one and print it.")
@pass_context
def password(context: Context, *, is_random: bool) -> None:
    """Set the owner's password, which closes the web pages to others.

    It is asked for twice and written to web-password.txt beside the configuration, which only you can read; `[web]
    password_file` then names that file. Web pages that are open now take it up when they are started again.
    """
    stated = secrets.token_urlsafe(_RANDOM_BYTES) if is_random else _ask()
    if fault := find_password_fault(stated):
        raise click.ClickException(f"the password {fault}")
    settings = context.config.web
    if settings.password:
        raise click.ClickException(
            "[web] password is set in the configuration or the environment; remove it there first"
        )
    file = settings.password_file or config_folder(context.config_path) / _FILE
    _write_private(file, f"{stated}\n")
    if settings.password_file is None:
        changed = set_setting(context.config_path, "web", "password_file", file.name)
        click.echo(f"Set [web] password_file in {changed}.")
    click.echo(f"The password is in {file}; only you can read it.")
    if is_random:
        click.echo(f"It is: {stated}")
    click.echo("Start the web pages again (`watchword browse`, or `watchword run --browse`).")


def _ask() -> str:
    return str(click.prompt("Password", hide_input=True, confirmation_prompt="The same again"))


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(number)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
