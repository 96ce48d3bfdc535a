"""``watchword mail``."""

# servers are for those who use them, not for --help.
# ruff: noqa: PLC0415
import asyncio
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.model.alert import channel_of
from scheduler.cli.context import Context, pass_context

if TYPE_CHECKING:
    from crawler.config.schema import Config


@click.group()
def mail() -> None:
    """The mail server: does it take letters, and if not, why.

    \b
    Examples:
      watchword mail test
      watchword mail test me@example.org
    """


@mail.command("test")
@click.argument("address", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would be sent where, and send nothing.")
@pass_context
def test(context: Context, *, address: str | None, dry_run: bool) -> None:
    """Send one test letter and say, step by step, what happened.

    Without ADDRESS it goes to the first of `[mail] to`, the operator, or a watch's first recipient.
    """
    config = context.config
    recipient = address or _choose_recipient(config)
    way = f"by {config.mail.host}:{config.mail.port}" if config.mail.host else "to the Maildir"
    click.echo(f"A test letter from {config.mail.from_} to {recipient}, {way}.")
    if dry_run:
        return
    _send(config, recipient)


def _choose_recipient(config: "Config") -> str:
    names = [name for watch in config.watches for name in config.recipients_of(watch)]
    found = [*config.mail.to, *filter(None, (config.mail.operator,)), *names]
    recipient = next((name for name in found if channel_of(name) is None), None)
    if recipient is None:
        raise click.UsageError("nobody is named in the configuration; say to whom: an address")
    return recipient


def _send(config: "Config", recipient: str) -> None:
    from crawler.errors import MailDeferred, MailRefused
    from crawler.flows.resend import make_sample, make_test_letter
    from crawler.flows.transports import choose_transport

    sample = make_sample("mail test", "a test")
    letter = make_test_letter(sample, config, recipient=recipient, now=utc_now())
    transport = choose_transport(
        config, clock=utc_now, tell=lambda step: click.echo(f"ok       {step}")
    )
    try:
        answer = asyncio.run(transport(letter)())
    except (MailDeferred, MailRefused) as error:
        click.echo(f"FAILED   {error}", err=True)
        click.echo(f"         {_advise(str(error), config)}", err=True)
        raise SystemExit(1) from None
    if config.mail.host:
        click.echo(
            "The server took it. If it does not arrive, look at its log and the spam folder."
        )
        return
    click.echo("No [mail] host is set, so letters are kept beside the database.")
    click.echo(f"ok       the letter lies in {answer}")


def _advise(error: str, config: "Config") -> str:
    """Say what to look at first."""
    text = error.lower()
    hints = (
        ("maildir", "check [mail] maildir and who may write there"),
        ("login", "check [mail] username and the password; nothing but the login was refused"),
        (
            "certificate",
            "the name or the issuer of the server's certificate is not trusted; use the name it is for",
        ),
        ("starttls", 'the server offers no STARTTLS here; port 465 wants tls = "tls"'),
        ("did not finish", "a firewall, or the wrong port: 587 for starttls, 465 for tls"),
        ("connect", "nothing answers there: check [mail] host and port"),
        ("takes nothing from us", "check [mail] from, and whether this server asks for a login"),
        ("refused it for good", "the server does not want this recipient or letter"),
    )
    return next(
        (hint for word, hint in hints if word in text), f"check [mail]; host is {config.mail.host}"
    )
