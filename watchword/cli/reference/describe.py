"""The generator of docs/reference/commands.md, from the commands' own help so that the page is always true."""

import click

from watchword.cli.main import COMMANDS, cli

_INTRODUCTION = """\
---
description: Every command with its options, examples and exit codes.
---

# Commands

<!-- written by `make docs` from the commands' own help: edit there -->

Results go to stdout, notes and progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage or a faulty
configuration, 3 partly done or something needs a look. `-h` or `--help` after any command shows its text on this page.

Listings fit the terminal: in a narrow one some columns are left out, long cells end with "…", and reasons stand below
their row. In a pipe they are lines with a tab between all columns, the first line being the headings. `--json` prints
JSON with instants in UTC; `--json id,headline` prints these fields only. If `--limit` left rows out, stderr says how many
there are.
"""


def describe_commands() -> str:
    """Return the content of docs/reference/commands.md."""
    # without the line for --help: click caches that option with the names of the first call, which varies in tests
    # and 100 columns whatever terminal `make docs` runs in
    root = click.Context(
        cli,
        info_name="watchword",
        max_content_width=100,
        terminal_width=100,
        help_option_names=[],
    )
    parts = [_INTRODUCTION, _section("watchword", cli.get_help(root))]
    for name in COMMANDS:
        command = cli.get_command(root, name)
        if command is not None:
            parts += _describe(command, root, name)
    return "\n".join(parts)


def _describe(command: click.Command, parent: click.Context, name: str) -> list[str]:
    context = click.Context(
        command, info_name=name, parent=parent, max_content_width=100, terminal_width=100
    )
    parts = [_section(context.command_path, command.get_help(context))]
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                parts += _describe(found, context, child)
    return parts


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n```text\n{text}\n```\n"
