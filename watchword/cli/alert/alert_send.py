"""The commands ``watchword alert retry``, ``resend``, ``test`` and ``reject``."""

# imported where it is used: --help must not wait for messages, servers and the watch language.
# ruff: noqa: PLC0415
import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import click

from crawler.clock import utc_now
from crawler.model.mail.alert import Alert, Message, channel_of
from crawler.model.request import RequestKind
from crawler.storage.mail.alerts import find_last_alert, get_alert, list_deliveries
from crawler.text.counts import write_count
from watchword.cli.alert.alert_preview import messages_of, read_alert
from watchword.cli.terminal.bar import progress
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.names import WATCH_NAME
from watchword.cli.terminal.requests import ask
from watchword.cli.watch.watch_settings import get_known

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
@click.argument("alert_ids", metavar="[ALERT...]", type=int, nargs=-1)
@click.option("--dead", "is_all", is_flag=True, help="Every dead message.")
@_dry_run
@pass_context
def retry(context: Context, *, alert_ids: tuple[int, ...], is_all: bool, dry_run: bool) -> None:
    """Try dead messages again for three days of running time.

    The daemon sends them. Messages to recipients the configuration no longer names are left out, and so is what was
    muted meanwhile; `watchword alert resend --to` sends those anyway.

    \b
    Examples:
      watchword alert retry 17
      watchword alert retry --dead
    """
    from crawler.flows.mail.audience import list_silent

    if bool(alert_ids) == is_all:
        raise click.UsageError("write the numbers of alerts, or --dead for all dead messages")
    with closing(context.open_database()) as connection:
        # all of them: an outbox with more dead messages is not expected
        dead = {row["id"] for row in list_deliveries(connection, limit=100_000, state="dead")}
        if not is_all:
            dead &= {row["id"] for one in alert_ids for row in messages_of(connection, one)}
        silent = list_silent(connection, context.config, dead, now=utc_now())
    if dry_run or not dead:
        click.echo(
            f"Would try {write_count(len(dead) - len(silent), 'message')} again."
            if dead
            else "None of these messages is dead."
        )
        for reason in dict.fromkeys(silent.values()):
            click.echo(f"Left out, because nobody would be alerted any more: {reason}.")
        return
    ask(context, RequestKind.RETRY, {"alerts": None if is_all else list(alert_ids)})


@click.command()
@click.argument("alert_id", metavar="ALERT", type=int)
@_to
@_dry_run
@pass_context
def resend(context: Context, *, alert_id: int, recipients: tuple[str, ...], dry_run: bool) -> None:
    """Send an alert once more, as a message of its own.

    The daemon sends it. Without --to it goes to those who received it, if they would still be alerted today.

    \b
    Examples:
      watchword alert resend 17
      watchword alert resend 17 --to colleague@example.org
    """  # fmt: skip
    config = context.config
    with closing(context.open_database()) as connection:
        messages = messages_of(connection, alert_id)
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
    """Return who received an alert and would also get it today; raise ClickException if nobody would."""
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
@click.argument("name", type=WATCH_NAME, metavar="WATCH")
@_to
@_dry_run
@pass_context
def test(context: Context, *, name: str, recipients: tuple[str, ...], dry_run: bool) -> None:
    """Send a sample alert of a watch now and show the answers.

    It goes to the watch's recipients and channels. The sample is the watch's last alert, or an invented one if it has
    none; the subject begins with [test]. Exit code 1 if none could be sent, 3 if some could not.
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
    """Record that an alert is not what you meant.

    Then words are proposed that would exclude it, each with how many stories it would remove. Nothing is changed: the
    proposals are commands for you to run.
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
        progress("Measuring words") as on_progress,
    ):
        proposals = propose_exclusions(
            connection,
            settings,
            config,
            since=utc_now() - LOOK_BACK,
            on_progress=on_progress,
        )
    if not proposals.exclusions:
        click.echo(proposals.reason)
        return
    click.echo(f"Words that would exclude it, {proposals.measured_on}:")
    for one in proposals.exclusions:
        click.echo(f"  -{one.word}: {one.price}")
        quoted = one.query.replace("'", "'\\''")
        click.echo(f"      watchword watch edit {settings.name} --query '{quoted}'")
