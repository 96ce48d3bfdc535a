"""The commands ``watchword alert preview, retry, resend, test, reject``: they show a message, or have one sent."""

# imported where it is used: --help must not wait for messages, servers and the watch language.
# ruff: noqa: PLC0415
import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.model.mail.alert import Alert, Message, channel_of
from crawler.model.request import RequestKind
from crawler.storage.mail.alerts import find_last_alert, get_alert, list_deliveries
from crawler.storage.mail.deliveries import find_delivery
from crawler.storage.mail.left_out import find_drop
from watchword.cli.terminal.context import NAME, Context, pass_context
from watchword.cli.terminal.requests import ask
from watchword.cli.watch.watch_settings import get_known, progress

if TYPE_CHECKING:
    from crawler.config.schema import Config
    from crawler.flows.mail.delivery.transports import Transport


_dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done; do nothing.")
_to = click.option(
    "--to",
    "recipients",
    multiple=True,
    metavar="ADDRESS|CHANNEL",
    help="Send to these instead of the usual recipients; may be repeated.",
)


@click.command()
@click.argument("alert_id", metavar="ALERT", type=int, required=False)
@click.option(
    "--message",
    "delivery_id",
    type=int,
    help="Number of a message; it can be a digest, status report or notice too.",
)
@click.option(
    "--report", "is_report", is_flag=True, help="The status report, as it would be sent now."
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
            "give the number of an alert, --message with the number of a message, or --report"
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
            delivery_id = int(_messages_of(connection, alert_id or 0)[0]["id"])
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
    """Return the status report a recipient would get now, even without a database; None for the first recipient named."""
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
        html = mail.get_body(("html",))
        html_file.write_text(str(html.get_content()) if html else "", encoding="utf-8")
        click.echo(f"The HTML part is in {html_file}.")
        return
    for name, value in mail.items():
        if not name.lower().startswith(("content-", "mime-")):
            click.echo(f"{name}: {value}")
    text = mail.get_body(("plain",))
    click.echo(f"\n{text.get_content() if text else ''}")


def _messages_of(connection: sqlite3.Connection, alert_id: int) -> tuple[sqlite3.Row, ...]:
    """Return the messages with an alert, newest first; raise ClickException if there is none."""
    found = list_deliveries(connection, limit=1000, alert_id=alert_id)
    if not found:
        raise click.ClickException(f"there is no alert {alert_id}; see `watchword alert list`")
    return found


def read_alert(connection: sqlite3.Connection, alert_id: int) -> Alert:
    """Return an alert; raise ClickException if there is none of that number."""
    try:
        return get_alert(connection, alert_id)
    except LookupError as error:
        raise click.ClickException(f"{error}; see `watchword alert list`") from error


@click.command()
@click.argument("alert_ids", metavar="[ALERT...]", type=int, nargs=-1)
@click.option("--dead", "is_all", is_flag=True, help="Every dead message.")
@_dry_run
@pass_context
def retry(context: Context, *, alert_ids: tuple[int, ...], is_all: bool, dry_run: bool) -> None:
    """Try dead messages again, as if they were new, for three days of running time. The daemon sends them.

    Leaves out messages to recipients the configuration no longer names, and what was muted meanwhile; `alert resend
    --to` sends those anyway.

    \b
    Examples:
      watchword alert retry 17
      watchword alert retry --dead
    """
    from crawler.flows.mail.audience import list_silent

    if bool(alert_ids) == is_all:
        raise click.UsageError("give the numbers of alerts, or --dead for all dead messages")
    with closing(context.open_database()) as connection:
        dead = {row["id"] for row in list_deliveries(connection, limit=100_000, state="dead")}
        if not is_all:
            dead &= {row["id"] for one in alert_ids for row in _messages_of(connection, one)}
        silent = list_silent(connection, context.config, dead, now=utc_now())
    if dry_run or not dead:
        click.echo(
            f"Would try {_count(len(dead) - len(silent))} again."
            if dead
            else "None of these messages is dead."
        )
        for reason in dict.fromkeys(silent.values()):
            click.echo(f"Left out, because nobody would be alerted any more: {reason}.")
        return
    ask(context, RequestKind.RETRY, {"alerts": None if is_all else list(alert_ids)})


def _count(number: int) -> str:
    return "one message" if number == 1 else f"{number} messages"


@click.command()
@click.argument("alert_id", metavar="ALERT", type=int)
@_to
@_dry_run
@pass_context
def resend(context: Context, *, alert_id: int, recipients: tuple[str, ...], dry_run: bool) -> None:
    """Send an alert once more, as a message of its own. The daemon sends it.

    Without --to it goes to those who received it, if they would still be alerted today.

    \b
    Examples:
      watchword alert resend 17
      watchword alert resend 17 --to colleague@example.org
    """  # fmt: skip
    config = context.config
    with closing(context.open_database()) as connection:
        messages = _messages_of(connection, alert_id)
        names = recipients or _list_readers(connection, config, alert_id, messages)
    for name in names:
        channel = channel_of(name)
        if channel is not None and config.channel_named(channel) is None:
            raise click.UsageError(f'"{name}" is neither a mail address nor the name of a channel')
    if dry_run:
        click.echo(f"Would send alert {alert_id} to {', '.join(names)}.")
        return
    ask(context, RequestKind.RESEND, {"alert": alert_id, "recipients": list(names)})


def _list_readers(
    connection: sqlite3.Connection,
    config: "Config",
    alert_id: int,
    messages: tuple[sqlite3.Row, ...],
) -> tuple[str, ...]:
    """Return who got an alert and would get it today; raise ClickException if nobody would."""
    from crawler.flows.mail.audience import list_reasons

    had = [row["recipient"] for row in messages]
    reasons = list_reasons(connection, config, alert_id, had, now=utc_now())
    for reason in dict.fromkeys(filter(None, reasons.values())):
        click.echo(f"Not sent: {reason}; --to sends it anyway.", err=True)
    names = tuple(name for name, reason in reasons.items() if reason is None)
    if not names:
        raise click.ClickException(f"nobody who received alert {alert_id} would be alerted today")
    return names


@click.command("test")
@click.argument("name", type=NAME, metavar="WATCH")
@_to
@_dry_run
@pass_context
def test(context: Context, *, name: str, recipients: tuple[str, ...], dry_run: bool) -> None:
    """Send a sample of a watch's alerts to its recipients and channels now, and show what each answered.

    The sample is the watch's last alert, or an invented one if it has none; the subject begins with [test].
    """  # fmt: skip
    settings, config = get_known(context, name), context.config
    names = recipients or config.recipients_of(settings)
    if dry_run:
        click.echo(f"Would send a test of {name} to {', '.join(names)}.")
        return
    from crawler.flows.mail.delivery.transports import choose_transport
    from crawler.flows.mail.resend import make_sample, make_test_message

    found = _find_last(context, name) or make_sample(settings.name, settings.query)
    transport, failed = choose_transport(config, clock=utc_now), 0
    for recipient in names:
        message = make_test_message(found, config, recipient=recipient, now=utc_now())
        failed += not _send(transport, message)
    if failed:
        raise SystemExit(1 if failed == len(names) else 3)


def _send(transport: "Transport", message: Message) -> bool:
    from crawler.flows.mail.delivery.transports import try_message

    is_sent, answer = asyncio.run(try_message(transport, message))
    state = "sent" if is_sent else "not sent"
    click.echo(f"{message.recipient}: {state}: {answer}", err=not is_sent)
    return is_sent


def _find_last(context: Context, name: str) -> Alert | None:
    from crawler.errors import DatabaseUnusable

    try:
        connection = context.open_database()
    except DatabaseUnusable:
        return None
    with closing(connection):
        last = find_last_alert(connection, name)
        return None if last is None else get_alert(connection, last)


@click.command()
@click.argument("alert_id", metavar="ALERT", type=int)
@pass_context
def reject(context: Context, *, alert_id: int) -> None:
    """Say that an alert is not what you meant, and get proposals for words to exclude, each with its price.

    This only records your rejection; the proposals are commands for you to run.
    """
    from crawler.flows.watch.rejection import LOOK_BACK, propose_exclusions
    from watchword.cli.watch.watch_past import open_indexed

    config = context.config
    with closing(context.open_database()) as connection:
        found = read_alert(connection, alert_id)
    settings = get_known(context, found.watch_name)
    ask(context, RequestKind.REJECT, {"alerts": [alert_id]})
    with (
        closing(open_indexed(context, LOOK_BACK)) as connection,
        progress("Weighing words") as tell,
    ):
        proposals = propose_exclusions(
            connection,
            settings,
            config,
            since=utc_now() - LOOK_BACK,
            tell=tell,
        )
    if not proposals.exclusions:
        click.echo(proposals.reason)
        return
    click.echo(f"Words that would exclude it, {proposals.measured_on}:")
    for one in proposals.exclusions:
        click.echo(f"  -{one.word}: {one.price}")
        quoted = one.query.replace("'", "'\\''")
        click.echo(f"      watchword watch edit {settings.name} --query '{quoted}'")


COMMANDS = (preview, retry, resend, test, reject)
