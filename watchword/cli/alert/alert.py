"""The group ``watchword alert`` and its commands that show alerts and messages: list, show."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.storage.mail.alerts import count_deliveries, list_attempts, list_deliveries
from crawler.storage.mail.left_out import find_left_out
from crawler.text.counts import write_number
from crawler.text.lines import plain
from watchword.cli.alert.alert_preview import read_alert
from watchword.cli.listings.layout import Column
from watchword.cli.listings.machine import Json, json_option
from watchword.cli.listings.tables import (
    Columns,
    Row,
    format_time,
    limit_option,
    make_console,
    print_line,
    print_rows,
)
from watchword.cli.terminal.context import Context, pass_context
from watchword.cli.terminal.lazy import DeferredGroup

# name -> module:function
_PLACES = {
    "preview": "watchword.cli.alert.alert_preview:preview",
    "retry": "watchword.cli.alert.alert_send:retry",
    "resend": "watchword.cli.alert.alert_send:resend",
    "test": "watchword.cli.alert.alert_send:test",
    "reject": "watchword.cli.alert.alert_send:reject",
}


@click.group(cls=DeferredGroup, places=_PLACES)
def alert() -> None:
    """List alerts that were sent, are pending or could not be delivered; preview, test and send them again.

    \b
    Examples:
      watchword alert list --state dead
      watchword alert show 17
      watchword alert retry --dead
      watchword alert test drones
    """


def _columns(write_time: Callable[[str | None], str]) -> Columns:
    """Return the columns of the list; for people, the kind of message stands in words in place of a missing headline."""
    return {
        "created_at": Column(heading="made", write=lambda row: write_time(str(row["created_at"]))),
        "alert": Column(heading="alert", write=_count),
        "message": Column(
            heading="message", write=lambda row: f"{row['id']} {_word(row['kind'])}", rank=2
        ),
        "watch": Column(heading="watch", rank=1),
        "state": "state",
        "recipient": Column(heading="recipient", rank=3),
        "headline": Column(
            heading="headline",
            write=lambda row: row["headline"] or _word(row["kind"]),
            is_free=True,
        ),
        "answer": Column(heading="answer", is_below=True),
    }


# what --json prints
_LIST_FIELDS = (
    "id kind recipient series message_id is_asked created_at due_at sealed_at state attempt_count "
    "next_try_at lease_until sent_at answer alert_count alert_id left_out_count watch headline "
    "url"
)


@alert.command("list")
@click.option(
    "--state",
    type=click.Choice(["pending", "sent", "dead", "dropped"]),
    help="Only messages in this state.",
)
@limit_option
@json_option(_LIST_FIELDS)
@pass_context
def list_(context: Context, *, state: str | None, limit: int, as_json: Json | None) -> None:
    """List messages with their alerts, newest first.

    `dead` messages were refused or given up: they need your attention. A `dropped` message was not sent because nothing
    in it is for its recipient any more; the answer shows why, such as a mute. A digest is one message with several
    alerts; the table shows the first and counts the others.
    """
    zone, now = context.zone, utc_now()
    with closing(context.open_database()) as connection:
        rows = [dict(row) for row in list_deliveries(connection, limit=limit, state=state)]
        total = len(rows) if len(rows) < limit else count_deliveries(connection, state=state)
    columns = _columns(lambda text: format_time(text, zone, now=now))
    empty = f"There are no {state} alerts." if state else "There are no alerts yet."
    print_rows(rows, columns, as_json=as_json, empty=empty, total=total)


def _count(row: Row) -> str:
    alert_id, count, left_out_count = row["alert_id"], row["alert_count"], row["left_out_count"]
    if alert_id is None or not isinstance(count, int) or not isinstance(left_out_count, int):
        return "-"
    left_out = f", {write_number(left_out_count)} left out" if 0 < left_out_count < count else ""
    return (
        f"{alert_id} and {write_number(count - 1)} more{left_out}" if count > 1 else str(alert_id)
    )


# what --json prints
_SHOW_FIELDS = (
    "id kind watch_name query headline url source_name language terms hit_count in_headline "
    "snippet raised_at published_at precision published_zone byline article_id story_id "
    "current_story_id diff headline_before gone_status from_feed score thread_name outlets "
    "outlet_count copy_count is_last_today messages"
)


@alert.command("show")
@click.argument("alert_id", metavar="ALERT", type=int)
@json_option(_SHOW_FIELDS)
@pass_context
def show(context: Context, *, alert_id: int, as_json: Json | None) -> None:
    """Show an alert: what matched, who got it, every attempt."""
    with closing(context.open_database()) as connection:
        found = read_alert(connection, alert_id)
        messages = [
            {
                **dict(row),
                "left_out": find_left_out(connection, row["id"], alert_id),
                "attempts": [dict(one) for one in list_attempts(connection, row["id"])],
            }
            # one message for each recipient and each time it was sent again: more than a thousand are not expected
            for row in list_deliveries(connection, limit=1000, alert_id=alert_id)
        ]
    if as_json is not None:
        as_json.print({**asdict(found), "messages": messages})
        return
    # --help must not wait for jinja and its templates
    from crawler.alerting.phrases import Phrases  # noqa: PLC0415
    from crawler.alerting.wording import (  # noqa: PLC0415
        write_outlets,
        write_published,
        write_reason,
    )

    console, zone, now = make_console(), context.zone, utc_now()
    phrases = Phrases(context.config.mail.locale, zone.key)
    print_line(console, Text(f"Alert {found.id}: {plain(found.headline)}", style="bold"))
    facts = {
        "watch": found.watch_name,
        "kind": found.kind.value,
        "source": found.source_name,
        "published": write_published(found, phrases),
        "matched": write_reason(found, phrases),
        "sentence": found.snippet.text,
        "reported by": write_outlets(found, phrases),
        "story": str(found.current_story_id),
        "article": f"{found.article_id} {found.url}",
    }
    for name, value in facts.items():
        if value:
            print_line(console, Text(f"  {name:<11}{plain(value)}"), indent=13)
    for message in messages:
        when = format_time(message["sent_at"] or message["due_at"], zone, now=now)
        print_line(console, Text(f"  {_describe_message(message, when)}"), indent=4)
        for attempt in message["attempts"]:
            when = format_time(attempt["attempted_at"], zone, now=now)
            text = f"    {when}  {attempt['outcome']}: {plain(attempt['answer'])}"
            print_line(console, Text(text, style="dim"), indent=6)


_STATES = {"sent": "sent", "dead": "dead, was due", "pending": "pending, due", "dropped": "dropped, was due"}  # fmt: skip


# kinds whose name in the database is not what people call them
_KINDS = {"status_report": "status report"}


def _word(kind: object) -> str:
    return _KINDS.get(str(kind), str(kind))


def _describe_message(message: dict[str, object], when: str) -> str:
    """Return one line on the state of a message, and why the alert was left out of it if it was."""
    state = _STATES[str(message["state"])]
    line = f"message {message['id']} ({_KINDS.get(str(message['kind']), message['kind'])}) to {plain(str(message['recipient']))}: {state} {when}"
    return f"{line}; left out: {plain(str(message['left_out']))}" if message["left_out"] else line
