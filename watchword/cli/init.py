"""The command ``watchword init``: write a first configuration, as flags or a person's answers say."""

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from watchword.cli.setup.answers import (
    Answers,
    MailServer,
    read_catalogue_pick,
    read_opml_file,
    read_server,
    read_sources,
)
from watchword.cli.setup.first_config import find_file, save, write_config
from watchword.cli.setup.questions import DEFAULT_QUERY, DEFAULT_SOURCE, ask_all
from watchword.cli.terminal.context import Context, pass_context
from watchword.machine_zone import find_machine_zone

# 3 is "partly done" everywhere: the configuration is written, but a source or the mail server failed
_PARTLY_DONE = 3


@click.command()
@click.option("--source", "sources", multiple=True, metavar="URL|NAME", help="A home page, a feed, or a name of the catalogue; may be repeated.")  # fmt: skip
@click.option("--catalogue", "picks", multiple=True, metavar="LANG[:SUBJECT]", help="All feeds of the catalogue in a language, on a subject; may be repeated.")  # fmt: skip
@click.option("--opml", "lists", multiple=True, metavar="FILE", type=click.Path(path_type=Path), help="An OPML list of a feed reader; may be repeated.")  # fmt: skip
@click.option("--watch", "watches", multiple=True, metavar="QUERY", help="What to look for, in the language of watches; may be repeated.")  # fmt: skip
@click.option("--to", "recipients", multiple=True, metavar="ADDRESS|URL", help="A mail address, or a webhook or Apprise address; may be repeated.")  # fmt: skip
@click.option("--smtp", metavar="HOST[:PORT]", help="The mail server; without it mails are kept in a folder.")  # fmt: skip
@click.option("--tls", type=click.Choice(["starttls", "tls", "none"]), help="Its encryption; by default tls at port 465, else starttls.")  # fmt: skip
@click.option("--username", metavar="NAME", default="", help="Login name at the mail server.")
@click.option("--password-file", metavar="FILE", type=click.Path(path_type=Path), help="File with its password; or set WATCHWORD_MAIL_PASSWORD.")  # fmt: skip
@click.option("--from", "sender", metavar="ADDRESS", default="", help="Sender of the mails; by default the first --to.")  # fmt: skip
@click.option("--timezone", metavar="ZONE", help="Zone of the times you are shown, such as Europe/Berlin; by default this machine's.")  # fmt: skip
@click.option("--allow-private", is_flag=True, help="Allow --source addresses on this machine or a private network.")  # fmt: skip
@click.option("--no-visit", is_flag=True, help="Do not visit the sources.")
@click.option("--no-mail", is_flag=True, help="Send no test mail.")
@click.option("--yes", "-y", "is_quick", is_flag=True, help="Ask nothing; take the defaults for what no flag says.")  # fmt: skip
@pass_context
def init(
    context: Context, /, *, is_quick: bool, no_visit: bool, no_mail: bool, **flags: Any
) -> None:
    """Write a first configuration. Never overwrites one.

    At a terminal it asks which sources, which words and where to send, writes the configuration, visits the sources
    once, says what was found, and sends a test mail. What flags say is not asked. Without a terminal nothing is asked,
    and without flags an example with comments is written. A password goes into a file of its own.

    Without --config it is written to seeds/watchword.toml. Exit code 3 if it was written, but a source could not be
    read or the test mail was refused.

    \b
    Examples:
      watchword init
      watchword init --catalogue en:defence --watch 'drone OR UAV' --to me@example.org
      watchword --config my-watch init --opml feeds.opml --watch 'title:port' --no-visit
    """
    file = find_file(context.config_path)
    answers = _read_flags(flags)
    is_asking = sys.stdin.isatty() and sys.stdout.isatty() and not is_quick
    is_untouched = not is_asking and not any(flags.values())
    try:
        if is_asking:
            ask_all(answers)
        text, secrets = write_config(_fill(answers), is_untouched=is_untouched)
        save(file, text, secrets)
    except (click.Abort, KeyboardInterrupt) as stop:
        click.echo("\nStopped: nothing was written.", err=True)
        raise SystemExit(130) from stop
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from error
    _report(context, file, secrets, is_untouched=is_untouched)
    if is_untouched:
        return
    try:
        is_whole = no_visit or _visit(context, is_asking=is_asking)
        is_whole &= no_mail or _mail(context, answers, is_asking=is_asking)
    except (click.Abort, KeyboardInterrupt) as stop:
        click.echo(f"\nStopped. The configuration is whole: {file}", err=True)
        raise SystemExit(130) from stop
    _say_next(context)
    if not is_whole:
        raise SystemExit(_PARTLY_DONE)


def _read_flags(flags: dict[str, Any]) -> Answers:
    """Return what the flags say; raise UsageError for the first that cannot be used."""
    answers = Answers(sender=flags["sender"], timezone=flags["timezone"] or find_machine_zone())
    for text in flags["sources"]:
        answers.add_sources(read_sources(text, allow_private=flags["allow_private"]))
    for text in flags["picks"]:
        answers.add_sources([feed.as_source() for feed in read_catalogue_pick(text)])
    for path in flags["lists"]:
        answers.add_sources(read_opml_file(path))
    for query in flags["watches"]:
        answers.add_watch(query)
    for text in flags["recipients"]:
        answers.add_recipient(text)
    answers.server = _read_server_flags(flags, answers)
    return answers


def _read_server_flags(flags: dict[str, Any], answers: Answers) -> MailServer | None:
    """Return the mail server of the flags; raise UsageError for what could not do anything."""
    if not flags["smtp"]:
        for name in ("tls", "username", "password_file"):
            if flags[name]:
                option = f"--{name.replace('_', '-')}"
                raise click.UsageError(
                    f"{option} is about the mail server; add --smtp with its name"
                )
        return None
    if not answers.to:
        raise click.UsageError("--smtp sends to nobody; add --to with your mail address")
    host, port, tls = read_server(flags["smtp"])
    file = flags["password_file"]
    return MailServer(
        host=host,
        port=port,
        tls=flags["tls"] or tls,
        username=flags["username"],
        # the configuration counts paths from its own folder
        password_file=file.absolute() if file else None,
    )


def _fill(answers: Answers) -> Answers:
    """Put the defaults where nothing was said."""
    if not answers.sources:
        answers.add_sources(read_sources(DEFAULT_SOURCE))
    if not answers.watches:
        answers.add_watch(DEFAULT_QUERY)
    return answers


def _report(context: Context, file: Path, secrets: Any, *, is_untouched: bool) -> None:
    if is_untouched:
        click.echo(f"Wrote {file}. Edit it, then:")
        click.echo(f"  {_command(context, 'check')}   look for faults")
        click.echo(f"  {_command(context, 'run')}     start watching")
        return
    click.echo(f"\nWrote {file}.")
    for name in secrets:
        click.echo(f"Wrote {file.parent / name}, which only you can read.")


def _visit(context: Context, *, is_asking: bool) -> bool:
    from watchword.cli.setup.first_visit import visit_sources  # noqa: PLC0415

    if is_asking and not click.confirm(
        "Visit the sources now, to see what they have?", default=True
    ):
        return True
    return visit_sources(context.config)


def _mail(context: Context, answers: Answers, *, is_asking: bool) -> bool:
    from crawler.config.schema import NOBODY_NAMED  # noqa: PLC0415
    from watchword.cli.mail import send_test  # noqa: PLC0415

    if answers.hook and not answers.to:
        name = next(iter(answers.watches))
        click.echo(f"To try the address: {_command(context, 'alert')} test {shlex.quote(name)}")
        return True
    recipient = next(iter(answers.to), NOBODY_NAMED[0])
    if is_asking and not click.confirm(f"Send a test mail to {recipient} now?", default=True):
        return True
    context.require_secrets()
    click.echo(f"A test mail to {recipient}:")
    return send_test(context.config, recipient)


def _say_next(context: Context) -> None:
    click.echo("\nNext:")
    click.echo(f"  {_command(context, 'run')}     start watching")
    click.echo(f"  {_command(context, 'browse')}  read in the browser what was found")


def _command(context: Context, name: str) -> str:
    path = str(context.config_path)
    option = "" if path == "seeds" else f"--config {shlex.quote(path)} "
    return f"watchword {option}{name}"
