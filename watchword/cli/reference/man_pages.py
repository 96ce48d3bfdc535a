"""The command ``watchword man``: manual pages from the commands' own help, one for each command.

Own code in place of click-man: its pages fill and join our tables of examples, and a wheel should not need it to be built.
"""

import inspect
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def man(folder: Path) -> None:
    """Write manual pages into a folder: `man watchword`, `man watchword-source-add` and so on.

    \b
    Examples, one line to install them:
      watchword man ~/.local/share/man/man1
    """
    pages = dict(write_pages())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}") from error
    click.echo(f"Wrote {len(pages)} manual pages to {folder}: try `man watchword`.")


def write_pages() -> Iterator[tuple[str, str]]:
    """Yield the file name and the text of each manual page."""
    # imported here, because that module knows this one
    from watchword.cli.main import COMMANDS, cli  # noqa: PLC0415

    root = click.Context(cli, info_name="watchword")
    yield _write(cli, root, tuple((name, line) for name, (_, line) in COMMANDS.items()))
    for name in COMMANDS:
        command = cli.get_command(root, name)
        if command is not None:
            yield from _walk(command, root, name)


def _walk(command: click.Command, parent: click.Context, name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(command, info_name=name, parent=parent)
    children = dict(list_children(command, context))
    yield _write(
        command, context, tuple((one, children[one].get_short_help_str(200)) for one in children)
    )
    for one, child in children.items():
        yield from _walk(child, context, one)


def list_children(
    command: click.Command, context: click.Context
) -> Iterator[tuple[str, click.Command]]:
    """Yield the commands of a group, imported for it: a group does not hold those that nobody used yet."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield name, child


def _write(
    command: click.Command, context: click.Context, children: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    path = context.command_path
    title, usage = path.replace(" ", "-"), " ".join(command.collect_usage_pieces(context))
    help_text = inspect.cleandoc(command.help or "")
    first, _, rest = help_text.partition("\n\n")
    lines = [
        f'.TH "{title.upper()}" "1" "" "Watchword {version("watchword")}" "Watchword"',
        ".SH NAME",
        f"{_escape(title)} \\- {_escape(' '.join(first.split()).rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_escape(path)}",
        _escape(usage),
    ]
    if rest.strip():
        lines += [".SH DESCRIPTION", *_write_prose(rest)]
    options = [
        record for one in command.get_params(context) if (record := one.get_help_record(context))
    ]
    lines += _write_list("OPTIONS", options)
    lines += _write_list("COMMANDS", [*children])
    if command.epilog:
        lines += [".SH EXIT STATUS", _escape(command.epilog.removeprefix("Exit codes: "))]
    parts = [f"{title}-{name}" for name, _ in children] or [title.rpartition("-")[0] or "watchword"]
    lines += [".SH SEE ALSO", ", ".join(f"\\fB{_escape(part)}\\fR(1)" for part in parts)]
    return f"{title}.1", "\n".join(lines) + "\n"


def _write_list(heading: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    lines = [f".SH {heading}"]
    for name, text in rows:
        lines += [".TP", f"\\fB{_escape(name)}\\fR", _escape(" ".join(text.split()))]
    return lines


def _write_prose(text: str) -> list[str]:
    r"""Return paragraphs; one that begins with Click's \b keeps its lines."""
    lines = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        if paragraph.lstrip().startswith("\b"):
            kept = paragraph.lstrip().lstrip("\b").strip().splitlines()
            lines += [".PP", ".nf", *(_escape(line) for line in kept), ".fi"]
        else:
            lines += [".PP", _escape(" ".join(paragraph.split()))]
    return lines


def _escape(text: str) -> str:
    """Return text that groff prints as it is: hyphens that can be copied, and no line that is taken for a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    escaped = (
        escaped.replace("~", "\\(ti")
        .replace("^", "\\(ha")
        .replace("`", "\\(ga")
        .replace("'", "\\(aq")
    )
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
