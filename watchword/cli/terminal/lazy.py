"""A group whose commands are imported when they are used: `list` does not wait for what `add` and `test` need."""

import gc
import importlib
from collections.abc import Mapping
from types import ModuleType

import click

from watchword.cli.terminal.values import speak_our_words


def import_without_collecting(module: str) -> ModuleType:
    """Return an imported module.

    What an import makes stays until the end, yet the collector would look through all of it, again and again.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        if was_enabled:
            gc.freeze()
            gc.enable()


_EXIT_CODES = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, a name that is not there or a faulty configuration, "
    "3 partly done, 130 stopped by Ctrl-C."
)


def finish(command: click.Command) -> None:
    """Give a command, and those below it, what all have: our words for wrong values, and the exit codes at the end of its help.

    Help that explains exit codes of its own keeps these.
    """
    for child in command.commands.values() if isinstance(command, click.Group) else ():
        finish(child)
    speak_our_words(command)
    if "xit code" not in (command.help or "") and command.epilog is None:
        command.epilog = _EXIT_CODES


class DeferredGroup(click.Group):
    """A group that knows where its commands are.

    places  name of a command -> "module:function"; commands that the module of the group defines are added as usual
    """

    def __init__(
        self, name: str | None, *, places: Mapping[str, str], **attributes: object
    ) -> None:
        super().__init__(name, **attributes)  # type: ignore[arg-type]  # those of click.Group
        self._places = dict(places)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, those of commands not imported yet too."""
        return sorted({*super().list_commands(ctx), *self._places})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported if it was not yet."""
        if cmd_name in self._places and cmd_name not in self.commands:
            module, _, function = self._places[cmd_name].partition(":")
            command: click.Command = getattr(import_without_collecting(module), function)
            finish(command)
            self.add_command(command, cmd_name)
        elif cmd_name not in self.commands:
            # Click looks for the nearest name among those it has
            for name in self._places:
                self.get_command(ctx, name)
        return super().get_command(ctx, cmd_name)
