"""The commands of ``watchword mail``: trying out the mail server."""

# imported where it is used: --help must not wait for servers.
# ruff: noqa: PLC0415
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from crawler.model.mail.alert import channel_of
from crawler.text.web.mail_addresses import find_address_fault
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.terminal.context import Context, pass_context

if TYPE_CHECKING:
    from crawler.config.schema import Config


@click.group()
def mail() -> None:
    """Test whether the mail server accepts messages, and if not, why.

    \b
    Examples:
      watchword mail test
      watchword mail test me@example.org
    """


# what --json prints
_FIELDS = "sender recipient transport steps is_sent answer"


@mail.command("test")
@click.argument("address", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and to whom; send nothing.")
@json_option(_FIELDS)
@pass_context
def test(context: Context, *, address: str | None, dry_run: bool, as_json: Json | None) -> None:
    """Send one test message and report each step.

    Shows the server, its encryption, the name this machine introduces itself by (EHLO), the login, and whether non-ASCII
    addresses are accepted. Without ADDRESS the message goes to the first of `[mail] to`, else to the admin, else to the
    first recipient of a watch.
    """
    config = context.config
    recipient = address or _choose_recipient(config)
    if fault := find_address_fault(recipient):
        raise click.UsageError(
            f'"{recipient}" {fault}; write only the address, such as "me@example.org"'
        )
    if as_json is not None:
        _send_for_machine(config, recipient, as_json, dry_run=dry_run)
        return
    transport = f"by {config.mail.transport}" if config.mail.transport else "to the Maildir"
    click.echo(f"A test message from {config.mail.from_} to {recipient}, {transport}.")
    if dry_run:
        return
    if not send_test(config, recipient):
        raise SystemExit(1)


def _choose_recipient(config: "Config") -> str:
    names = [name for watch in config.watches for name in config.recipients_of(watch)]
    found = [*config.mail.to, *filter(None, (config.mail.admin,)), *names]
    recipient = next((name for name in found if channel_of(name) is None), None)
    if recipient is None:
        raise click.UsageError(
            "the configuration names no recipient; write an address after the command"
        )
    return recipient


def _send_for_machine(config: "Config", recipient: str, as_json: Json, *, dry_run: bool) -> None:
    """Send the message and print its steps and the answer as JSON; exit code 1 if it was not accepted."""
    steps: list[str] = []
    is_sent, answer = (False, None) if dry_run else _try(config, recipient, steps.append)
    facts = {
        "sender": config.mail.from_,
        "recipient": recipient,
        "transport": config.mail.transport,
    }
    as_json.print({**facts, "steps": steps, "is_sent": is_sent, "answer": answer})
    if not is_sent and not dry_run:
        raise SystemExit(1)


def _try(config: "Config", recipient: str, on_step: Callable[[str], None]) -> tuple[bool, str]:
    from crawler.flows.mail.trial import try_recipient

    return try_recipient(config, recipient, on_step=on_step)


def send_test(config: "Config", recipient: str) -> bool:
    """Send a test message, print each step, and return whether it was taken."""
    is_sent, answer = _try(config, recipient, lambda step: click.echo(f"ok       {step}"))
    if not is_sent:
        click.echo(f"FAILED   {answer}", err=True)
        click.echo(f"         {_advise(answer, config)}", err=True)
        return False
    if config.mail.transport:
        click.echo(
            "The server accepted it. If it does not arrive, check the server's log and the spam folder."
        )
        return True
    click.echo("No [mail] host is set, so messages are stored in the Maildir beside the database.")
    click.echo(f"ok       the message is in {answer}")
    return True


def _advise(error: str, config: "Config") -> str:
    """Return a hint on what to check first, for the error a server or transport answered with."""
    text = error.lower()
    return next(
        (hint for words, hint in _HINTS if any(word in text for word in words)),
        f"check [mail]; mail is sent by {config.mail.transport or 'the Maildir'}",
    )


# the first that fits is taken, so our own sentences come before words that servers use
_HINTS = (
    (("maildir",), "check [mail] maildir and its permissions"),
    (
        ("token_command", "token_file"),
        "run it yourself as this user: it must print the token on one line",
    ),
    (("smtputf8",), "use an address in plain ASCII, or a mail server that offers SMTPUTF8"),
    (
        ("refused the token",),
        "the token has expired, is for another account, or lacks the right to send mail by SMTP",
    ),
    (
        ("refused the login",),
        "check [mail] username and the password; nothing but the login was refused. Large providers want an app "
        "password, made for this program alone, or a token (token_command)",
    ),
    (("it offers only", "offers no login"), "check [mail] auth and tls"),
    (
        ("certificate",),
        "the certificate is for another name, or its issuer is not trusted; use the server's name that is in it",
    ),
    (("starttls ext",), 'the server offers no STARTTLS here; port 465 needs tls = "tls"'),
    (("did not finish",), "a firewall, or the wrong port: 587 for starttls, 465 for tls"),
    (
        ("helo", "ehlo", "fully-qualified", "host name"),
        "set [mail] hello to a name that this server accepts",
    ),
    (
        ("must issue a starttls", "encrypt"),
        'the server wants encryption: set tls = "starttls" or "tls"',
    ),
    (
        ("authenti", "relay", "log in"),
        "the server wants a login: set [mail] username and a password",
    ),
    (("could not be used",), "nothing answers there: check [mail] host and port"),
    (("accepts nothing from us",), "check [mail] from, and whether this server wants a login"),
    (
        ("asks to try later",),
        "the server may accept it later; Watchword tries alerts again for three days",
    ),
    (("refused it permanently",), "the server refuses this recipient or message, not the login"),
)
