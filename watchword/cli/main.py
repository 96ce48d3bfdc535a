"""The command ``watchword``: lists its commands and imports only the one that is used."""

import errno
import logging
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import click

from crawler.machine.processes.outputs import find_fault, make_outputs_safe
from watchword.cli.terminal.context import Context
from watchword.cli.terminal.lazy import finish, import_without_collecting

# pydantic would read the metadata of every installed package to look for plugins, of which we use none
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

# name -> (module:function, line in the list of commands). Importing all of them would make --help wait for Datasette.
COMMANDS = {
    "init": ("watchword.cli.init:init", "Write a first configuration where there is none."),
    "check": ("watchword.cli.check:check", "Check the configuration; list every fault at once."),
    "run": ("watchword.cli.daemon.run:run", "Run the daemon: visit, match, alert, until stopped."),
    "crawl": (
        "watchword.cli.daemon.crawl:crawl",
        "Visit all sources, or those named, once and now.",
    ),
    "source": ("watchword.cli.source.source:source", "List, test, add and change sources."),
    "watch": ("watchword.cli.watch.watch:watch", "Test, add, change and list watches."),
    "synonyms": (
        "watchword.cli.synonyms.synonyms:synonyms",
        "List ready sets of spellings; add one to a watch.",
    ),
    "alert": (
        "watchword.cli.alert.alert:alert",
        "List pending, sent and dead alerts; send them again.",
    ),
    "mail": ("watchword.cli.mail:mail", "Test the mail server, step by step."),
    "article": ("watchword.cli.article.article:article", "List, search and show articles."),
    "story": ("watchword.cli.story:story", "Show who reported a story first; split a story."),
    "activity": (
        "watchword.cli.daemon.activity:activity",
        "List requests and their results.",
    ),
    "browse": ("watchword.cli.web.browse:browse", "Serve the web pages (Datasette)."),
    "web": ("watchword.cli.web.web:web", "Set the password of the web pages."),
    "prune": (
        "watchword.cli.prune:prune",
        "Delete and compress what is old, or say what that would free.",
    ),
    "worker": (
        "watchword.cli.cluster.worker:worker",
        "Visit what the home hands out, on another machine.",
    ),
    "cluster": (
        "watchword.cli.cluster.cluster:cluster",
        "Show the workers; retry domains, drain.",
    ),
    "backup": (
        "watchword.cli.backup.backup:backup",
        "Copy the database while the daemon works.",
    ),
    "restore": (
        "watchword.cli.backup.restore:restore",
        "Put a backup in place of the database.",
    ),
    "publish": (
        "watchword.cli.web.publish:publish",
        "Write a copy without recipients, to serve elsewhere.",
    ),
    "doctor": ("watchword.cli.doctor:doctor", "Check that all is well; show what needs a look."),
    "completion": (
        "watchword.cli.reference.completion:completion",
        "Print the script that completes with Tab.",
    ),
    "man": ("watchword.cli.reference.man_pages:man", "Write manual pages into a folder."),
    "demo": ("watchword.cli.demo:demo", "See the whole job on a bundled newspaper."),
    "docs": (
        "watchword.cli.reference.docs:docs",
        "Read the docs of this version, without a network.",
    ),
}

# commands whose output is their result: if part of it is lost, they have failed
_READING = frozenset(
    [
        "activity",
        "check",
        "diff",
        "docs",
        "explain",
        "export",
        "list",
        "preview",
        "show",
        "status",
        "test",
        "understand",
    ]
)
# errors of the machine, shown without a traceback: permission, read-only, full, over quota, failing disk
_TROUBLES = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO}
)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_without_collecting(module), name)
        finish(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = get_close_matches(args[0], COMMANDS, n=1)
            # in the words of Click, which answers for the commands of a group
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    metavar="DIR|FILE",
    help="Configuration: a TOML file or a folder of them. Default: WATCHWORD_CONFIG, or else seeds.",
)
@click.version_option(package_name="watchword", prog_name="watchword")
@click.pass_context
def cli(ctx: click.Context, config_path: str | None) -> None:
    """Watch your news sources for your words, and get a mail with the sentence that contains them.

    \b
    Examples:
      watchword init                     write a first configuration
      watchword run                      start watching
      watchword article list --search drones
      watchword doctor                   when something seems wrong
    """
    if ctx.invoked_subcommand in {None, "completion", "demo", "docs", "man"}:
        return
    ctx.obj = Context(config_path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit. Our own errors become text on stderr and an exit code, never a traceback."""
    make_outputs_safe()
    stated = sys.argv[1:] if arguments is None else arguments
    try:
        code: Any = cli.main(args=arguments, prog_name="watchword", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)  # as shells report a command that Ctrl-C ended: 128 + SIGINT
    except Exception as error:
        sys.exit(_explain(error))
    sys.exit((code if isinstance(code, int) else 0) or _judge_output(stated))


def _judge_output(arguments: Sequence[str]) -> int:
    """Return the exit code of a command that ended well: 1 if its output is its result and part of it was lost."""
    fault = find_fault()
    if fault is None or _find_command(arguments) not in _READING:
        return 0
    click.echo(f"Error: the output could not be written: {fault.strerror}", err=True)
    return 1


def _find_command(arguments: Sequence[str]) -> str:
    """Return the name of the command that runs: ``list`` for ``article list --limit 5``."""
    command: click.Command = cli
    context = click.Context(command)
    for word in arguments:
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        command = found or command
    return command.name or ""


def _explain(error: Exception) -> int:
    """Print an error and return its exit code; an unexpected one is logged with its traceback."""
    from crawler.errors import ConfigFaulty, WatchwordError  # noqa: PLC0415
    from crawler.text.counts import write_count  # noqa: PLC0415

    if isinstance(error, ConfigFaulty):
        count = write_count(len(error.faults), "fault")
        click.echo(f"The configuration has {count}:", err=True)
        click.echo(
            "\n".join(f"  {fault}".replace("\n", "\n    ") for fault in error.faults), err=True
        )
        return 2
    if isinstance(error, WatchwordError):
        click.echo(f"Error: {error}", err=True)
        return error.exit_code
    trouble = _describe_trouble(error)
    if trouble:
        click.echo(f"Error: {trouble}", err=True)
        return 1
    logging.getLogger("watchword").error("this is a fault of Watchword", exc_info=error)
    return 1


def _describe_trouble(error: Exception) -> str | None:
    """Return what the machine could not do (a damaged or locked database, a full or read-only disk); None for other errors."""
    import sqlite3  # noqa: PLC0415  # --help must not wait for it

    from crawler.storage.file.read_only import explain_failure, result_code  # noqa: PLC0415

    # without a code, or with SQLITE_ERROR (faulty SQL), the fault is ours and the traceback is wanted
    if isinstance(error, sqlite3.Error) and result_code(error) not in {0, sqlite3.SQLITE_ERROR}:
        return f"{explain_failure(error, 'the database')}. `watchword doctor` shows more"
    if isinstance(error, OSError) and error.errno in _TROUBLES:
        what = f"{error.filename}: " if error.filename else ""
        return f"{what}{error.strerror}"
    names = sys.getfilesystemencoding()
    if isinstance(error, UnicodeEncodeError) and error.encoding == names != "utf-8":
        return f"{error.object} cannot be a file name in this locale ({names}): set LC_ALL=C.UTF-8 or PYTHONUTF8=1"
    return None
