"""``watchword alert``."""

from contextlib import closing

import click
from rich.text import Text

from crawler.clock import utc_now
from crawler.storage.alerts import list_attempts, list_deliveries
from scheduler.cli.alert_send import COMMANDS, read_alert
from scheduler.cli.context import Context, pass_context
from scheduler.cli.tables import (
    json_option,
    limit_option,
    make_console,
    print_rows,
    tell_time,
)
from scheduler.progress import plain


@click.group()
def alert() -> None:
    """What was sent, what is owed, what could not be delivered; and the ways to look, try and send again.

    \b
    Examples:
      watchword alert list --state dead
      watchword alert show 17
      watchword alert retry --dead
      watchword alert test drones
    """


_COLUMNS = {
    "made": "made",
    "alert": "alert",
    "letter": "letter",
    "watch": "watch",
    "state": "state",
    "recipient": "recipient",
    "headline": "tells",
    "answer": "answer",
}


@alert.command("list")
@click.option("--state", type=click.Choice(["owed", "sent", "dead"]), help="Only these.")
@limit_option
@json_option
@pass_context
def list_(context: Context, *, state: str | None, limit: int, as_json: bool) -> None:
    """List letters with the alerts they bring, the newest first; `dead` ones need a human.

    A digest is one letter with several alerts; the table names the first and counts the others.
    """
    zone, now = context.config.zone, utc_now()
    with closing(context.open_database()) as connection:
        rows = [
            {
                **dict(row),
                "made": tell_time(row["made_at"], zone, now=now),
                "alert": _count(row["alert_id"], row["alert_count"]),
                "letter": f"{row['id']} {row['kind']}",
                "headline": row["headline"] or row["kind"],
            }
            for row in list_deliveries(connection, limit=limit, state=state)
        ]
    empty = f"There are no {state} alerts." if state else "There are no alerts yet."
    print_rows(rows, _COLUMNS, as_json=as_json, empty=empty)


def _count(alert_id: int | None, count: int) -> str:
    if alert_id is None:
        return "-"
    return f"{alert_id} and {count - 1} more" if count > 1 else str(alert_id)


@alert.command("show")
@click.argument("alert_id", metavar="ALERT", type=int)
@json_option
@pass_context
def show(context: Context, *, alert_id: int, as_json: bool) -> None:
    """Show an alert: what it tells, why, to whom, and every attempt to deliver it."""
    with closing(context.open_database()) as connection:
        found = read_alert(connection, alert_id)
        letters = [
            {**dict(row), "attempts": [dict(one) for one in list_attempts(connection, row["id"])]}
            for row in list_deliveries(connection, limit=1000, alert_id=alert_id)
        ]
    if as_json:
        _print_json(found, letters)
        return
    # jinja and its templates are not for --help
    from crawler.alerting.phrases import Phrases  # noqa: PLC0415
    from crawler.alerting.wording import (  # noqa: PLC0415
        write_outlets,
        write_published,
        write_reason,
    )

    console, zone, now = make_console(), context.config.zone, utc_now()
    phrases = Phrases(context.config.mail.locale, zone.key)
    console.print(Text(f"Alert {found.id}: {plain(found.headline)}", style="bold"))
    facts = {
        "watch": found.watch_name,
        "kind": found.kind.value,
        "source": found.source_name,
        "published": write_published(found, phrases),
        "matched": write_reason(found, phrases),
        "sentence": found.snippet.text,
        "told by": write_outlets(found, phrases),
        "story": str(found.told_in),
        "article": f"{found.article_id} {found.url}",
    }
    for name, value in facts.items():
        if value:
            console.print(Text(f"  {name:<11}{plain(value)}"), soft_wrap=True)
    for letter in letters:
        when = tell_time(letter["sent_at"] or letter["due_at"], zone, now=now)
        word = {"sent": "sent", "dead": "dead, was due", "owed": "owed, due"}[letter["state"]]
        line = f"  letter {letter['id']} ({letter['kind']}) to {plain(letter['recipient'])}: {word} {when}"
        console.print(Text(line), soft_wrap=True)
        for attempt in letter["attempts"]:
            said = tell_time(attempt["attempted_at"], zone, now=now)
            text = f"    {said}  {attempt['outcome']}: {plain(attempt['answer'])}"
            console.print(Text(text, style="dim"), soft_wrap=True)


def _print_json(found: object, letters: list[dict[str, object]]) -> None:
    import json  # noqa: PLC0415
    from dataclasses import asdict  # noqa: PLC0415

    facts = {**asdict(found), "letters": letters}  # type: ignore[call-overload]  # a dataclass
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2, default=str))


for _command in COMMANDS:
    alert.add_command(_command)
