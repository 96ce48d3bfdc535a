"""What is not there is answered in the same words and with the same exit code, whatever the noun."""

import click
import pytest

from tests.unit.cli.test_cli import Shell
from watchword.cli.main import COMMANDS, cli
from watchword.cli.reference.man_pages import list_children
from watchword.cli.unknown import refuse_number, refuse_unknown


@pytest.mark.parametrize("kind", ["source", "watch"])
def test_the_nearest_name_is_offered(kind: str) -> None:
    error = refuse_unknown(kind, "drons", (name for name in ("drones", "ferries")))

    assert f'no {kind} is called "drons"' in error.message
    assert "drones" in error.message
    assert error.exit_code == refuse_number("story", 9).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("source", "show", "nosuch"), 'no source is called "nosuch"; `watchword source list`'),
        (("crawl", "nosuch"), 'no source is called "nosuch"; `watchword source list`'),
        (("source", "boilerplate", "nosuch"), 'no source is called "nosuch"'),
        (("source", "backfill", "nosuch", "--since", "7d"), 'no source is called "nosuch"'),
        (("watch", "show", "nosuch"), 'no watch is called "nosuch"; `watchword watch list`'),
        (("article", "show", "99"), "there is no article 99; `watchword article list`"),
        (("story", "show", "99"), "there is no story 99; `watchword story list`"),
        (("alert", "show", "99"), "there is no alert 99; `watchword alert list`"),
        (("article", "list", "--source", "couriers"), 'did you mean "courier"?'),
        (("article", "list", "--search", "quay", "--source", "cost"), 'did you mean "coast"?'),
    ],
)
def test_what_is_not_there_ends_with_2(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    printed = shell.run(*arguments, code=2)

    assert f"Error: {words}" in printed or ("did you mean" in words and words in printed)
    assert "Usage:" not in printed


def test_no_line_of_a_list_of_commands_is_cut_at_80_columns() -> None:
    root = click.Context(cli, info_name="watchword", terminal_width=80)
    for name in COMMANDS:
        command = cli.get_command(root, name)
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=root, terminal_width=80)
            listed = command.get_help(context).partition("Commands:")[2]
            assert listed
            assert "..." not in listed, listed


def test_every_command_states_its_exit_codes() -> None:
    root = click.Context(cli, info_name="watchword")

    def walk(command: click.Command, parent: click.Context) -> None:
        context = click.Context(command, info_name=command.name, parent=parent)
        assert "xit code" in command.get_help(context), context.command_path
        for _, child in list_children(command, context):
            walk(child, context)

    for name in COMMANDS:
        command = cli.get_command(root, name)
        assert command is not None
        walk(command, root)
