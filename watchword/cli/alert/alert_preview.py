"""The command ``watchword alert preview``, and how commands find an alert and its messages by number."""

# imported where it is used: --help must not wait for messages, servers and the watch language.
# ruff: noqa: PLC0415
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.model.mail.alert import Alert, Message
from crawler.storage.mail.alerts import get_alert, list_deliveries
from crawler.storage.mail.deliveries import find_delivery
from crawler.storage.mail.left_out import find_drop
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.database_place import refuse_own_file
from watchword.cli.unknown import refuse_number

if TYPE_CHECKING:
    from crawler.config.schema import Config


@click.command()
@click.argument("alert_id", metavar="[ALERT]", type=int, required=False)
@click.option(
    "--message",
    "delivery_id",
    type=int,
    metavar="NUMBER",
    help="Show the message of this number, which can also be a digest, status report or notice.",
)
@click.option(
    "--report", "is_report", is_flag=True, help="Show the status report as it would be sent now."
)
@click.option(
    "--to", "recipient", metavar="ADDRESS|CHANNEL", help="Recipient of the status report."
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the HTML part to this file.",
)
@pass_context
def preview(  # one for each option
    context: Context,
    *,
    alert_id: int | None,
    delivery_id: int | None,
    is_report: bool,
    recipient: str | None,
    html_file: Path | None,
) -> None:
    """Show a message as it would be sent, headers and text. Sends nothing.

    \b
    Examples:
      watchword alert preview 17
      watchword alert preview --message 40 --html digest.html
      watchword alert preview --report --to me@example.org
    """  # fmt: skip
    from crawler.flows.mail.delivery.messages import build_message

    if (alert_id is not None) + (delivery_id is not None) + is_report != 1:
        raise click.UsageError(
            "write the number of an alert, --message with the number of a message, or --report"
        )
    if recipient is not None and not is_report:
        raise click.UsageError(
            "--to is only for --report: any other message already has its recipient"
        )
    config = context.config
    if is_report:
        _show_message(_make_report(context, recipient), config, html_file)
        return
    with closing(context.open_database()) as connection:
        if delivery_id is None:
            delivery_id = int(messages_of(connection, alert_id or 0)[0]["id"])
        delivery = find_delivery(connection, delivery_id)
        if delivery is None:
            raise click.ClickException(
                f"there is no message {delivery_id}; see `watchword alert list`"
            )
        dropped = find_drop(connection, delivery_id)
        if dropped is not None:
            raise click.ClickException(
                f"message {delivery_id} was dropped, so it has no content: {dropped}"
            )
        message = build_message(connection, delivery, config)
    _show_message(message, config, html_file)


def _make_report(context: Context, recipient: str | None) -> Message:
    """Return the status report that a recipient would get now; there need be no database yet.

    recipient  None for the first one the configuration names; raises UsageError if it names none
    """
    from crawler.flows.mail.delivery.reports import list_recipients_named
    from crawler.flows.mail.delivery.status_reports import make_report

    config, now = context.config, utc_now()
    named = list_recipients_named(config)
    if recipient is None and not named:
        raise click.UsageError("no watch names a recipient: choose one with --to")
    if not config.store.path.exists():
        return make_report(None, config, recipient or named[0], now=now)
    with closing(context.open_database()) as connection:
        return make_report(connection, config, recipient or named[0], now=now)


def _show_message(message: Message, config: "Config", html_file: Path | None) -> None:
    """Print a message's headers and text, or write its HTML part to a file."""
    from crawler.alerting.messages.compose import compose_mail
    from crawler.flows.mail.delivery.messages import find_links, find_sender

    mail = compose_mail(message, sender=find_sender(config), links=find_links(config))
    if html_file is not None:
        refuse_own_file(html_file, config.store.path)
        html = mail.get_body(("html",))
        html_file.write_text(str(html.get_content()) if html else "", encoding="utf-8")
        click.echo(f"The HTML part is in {html_file}.")
        return
    for name, value in mail.items():
        if not name.lower().startswith(("content-", "mime-")):
            click.echo(f"{name}: {value}")
    text = mail.get_body(("plain",))
    click.echo(f"\n{text.get_content() if text else ''}")


def messages_of(connection: sqlite3.Connection, alert_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the messages that hold an alert, newest first; raise NotFound if there is no such alert."""
    found = list_deliveries(connection, limit=1000, alert_id=alert_id)
    if not found:
        raise refuse_number("alert", alert_id)
    return found


def read_alert(connection: sqlite3.Connection, alert_id: int) -> Alert:
    """Return an alert; raise NotFound if there is none with that number."""
    try:
        return get_alert(connection, alert_id)
    except LookupError as error:
        raise refuse_number("alert", alert_id) from error
