"""Writes every kind of message, made of invented alerts, for people to look at: a .html and a .txt file each, and an index.

    python -m bench.messages DIR [--locale de-AT] [--zone Asia/Tokyo]

Look at the HTML at 375 and 1200 pixels, light and dark, and as *-bare.html, which has no <style> as in some Gmail; and at
the text in 80 columns. Prints the size of each as it is sent, which Gmail cuts at 102 KB.
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.messages.alerts import ALERT, ALERTS, NOW, make_many
from crawler.alerting.links import Links
from crawler.alerting.messages.render import Rendered, count_quoted, render
from crawler.alerting.messages.subjects import write_subject
from crawler.model.mail.alert import HELD, Alert, DeliveryKind, Message
from crawler.model.mail.status_report import (
    MailFacts,
    PageFacts,
    SourceEvent,
    SourceFacts,
    SourceState,
    Standing,
    StatusReport,
)

_LOCAL = Links(web_url="http://127.0.0.1:8001/", database="watchword", key=b"k")
_PUBLIC = replace(_LOCAL, web_url="https://desk.example/")
_WELL = StatusReport(
    since=NOW - timedelta(days=1),
    until=NOW,
    watch_count=3,
    sources=SourceFacts(active_count=40, counts={Standing.ON_TIME: 40}),
    pages=PageFacts(checked_count=1312, refused_count=31, match_count=58),
)
_UNWELL = replace(
    _WELL,
    sources=SourceFacts(
        active_count=40,
        counts={
            Standing.ON_TIME: 36,
            Standing.FAILING: 2,
            Standing.NEVER_READ: 1,
            Standing.QUIET: 1,
        },
        named=(
            SourceState(
                name="gulf-times",
                standing=Standing.FAILING,
                since=NOW - timedelta(days=2),
                read_at=NOW - timedelta(days=2, hours=1),
                reason="5 visits in a row failed: HTTP 503",
            ),
            SourceState(
                name="الميناء",
                standing=Standing.FAILING,
                since=NOW - timedelta(hours=5),
                read_at=NOW - timedelta(hours=6),
                reason="the host name cannot be resolved",
            ),
            SourceState(
                name="dead-paper",
                standing=Standing.NEVER_READ,
                since=NOW - timedelta(days=2),
                reason="the connection was refused",
            ),
            SourceState(
                name="harbour-courier",
                standing=Standing.QUIET,
                since=NOW - timedelta(days=3),
                reason="no article since 20 Nov, where 4 a day are usual",
            ),
        ),
    ),
    mail=MailFacts(
        pending_count=1, pending_since=NOW - timedelta(hours=1), alert_count=2, dead_count=1
    ),
    downtimes=((NOW - timedelta(hours=9), NOW - timedelta(hours=3)),),
)
_EVENTS = (
    SourceEvent(
        source_name="gulf-times",
        health="failing",
        health_before="ok",
        reason="5 visits in a row failed: HTTP 503",
        happened_at=NOW - timedelta(hours=2),
    ),
    SourceEvent(
        source_name="harbour-courier",
        health="ok",
        health_before="quiet",
        reason="",
        happened_at=NOW - timedelta(minutes=10),
    ),
)


def make_messages(
    zone: str = "Europe/Berlin", locale: str = "en-GB"
) -> dict[str, tuple[Message, Links]]:
    """Return a message of every kind, with the links it uses, by the name of its files."""
    return dict(_list_messages(zone, locale))


def _list_messages(zone: str, locale: str) -> Iterator[tuple[str, tuple[Message, Links]]]:
    def message(*alerts: Alert, **facts: object) -> Message:
        base = Message(
            delivery_id=5,
            kind=DeliveryKind.ALERT,
            series="",
            recipient="me@example.org",
            message_id="<one@example.org>",
            written_at=NOW,
            zone=zone,
            locale=locale,
            alerts=alerts,
            contact="desk@example.org",
        )
        return replace(base, **facts)  # type: ignore[arg-type]  # the fields of a message

    for name, alert in ALERTS.items():
        yield name, (message(alert, is_admin=True), _LOCAL)
    yield "new-colleague", (message(ALERT), _LOCAL)
    yield "new-public", (message(ALERT), _PUBLIC)
    digest = {"kind": DeliveryKind.DIGEST, "series": "watch drones", "is_admin": True}
    three, forty = make_many(3, watches=1), make_many(40, watches=4)
    yield "digest-3", (message(*three, **digest, status_report=_WELL), _LOCAL)
    grouped = {**digest, "series": "group Morning"}
    yield "digest-40", (message(*forty, **grouped, status_report=_WELL), _LOCAL)
    yield (
        "digest-all-kinds",
        (message(*_number(ALERTS.values()), **grouped, status_report=_UNWELL), _LOCAL),
    )
    yield "digest-public", (message(*forty[:12], **{**grouped, "is_admin": False}, status_report=_UNWELL), _PUBLIC)  # fmt: skip
    hundred = make_many(100, watches=45)
    yield "digest-100", (message(*hundred, **grouped, status_report=_UNWELL), _LOCAL)
    colleague = {**grouped, "is_admin": False}
    yield "digest-100-colleague", (message(*hundred, **colleague, status_report=_WELL), _LOCAL)
    held = {"kind": DeliveryKind.DIGEST, "series": HELD, "status_report": _WELL}
    yield "held-flood", (message(*forty[:5], **held, held_limit=20, is_admin=True), _LOCAL)
    yield "held-look-back", (message(*forty[:5], **held), _LOCAL)
    for name, status_report in (("report-well", _WELL), ("report-unwell", _UNWELL)):
        facts = {"kind": DeliveryKind.STATUS_REPORT, "status_report": status_report}
        yield name, (message(**facts, is_admin=True), _LOCAL)
        yield f"{name}-colleague", (message(**facts), _LOCAL)
    yield "notice", (message(kind=DeliveryKind.NOTICE, events=_EVENTS, is_admin=True), _LOCAL)


def _number(alerts: Iterable[Alert]) -> Iterator[Alert]:
    for number, alert in enumerate(alerts, start=1):
        yield replace(alert, id=number, current_story_id=number)


def write_messages(folder: Path, *, zone: str, locale: str) -> None:
    """Write the files and print the size of each message as it is sent."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for name, (message, links) in make_messages(zone, locale).items():
        rendered, subject = render(message, links), write_subject(message)
        _write(folder, name, subject, rendered)
        sizes = [f"{count_quoted(part):7,}" for part in (rendered.html, rendered.text)]
        print(f"{name:<22} html {sizes[0]}  text {sizes[1]}  {subject}")
        names.append(name)
    links_to = "".join(
        f'<li><a href="{name}.html">{name}</a>, <a href="{name}-bare.html">bare</a>, <a href="{name}.txt">text</a>'
        for name in names
    )
    (folder / "index.html").write_text(f"<!doctype html><title>Messages</title><ul>{links_to}</ul>")


def _write(folder: Path, name: str, subject: str, rendered: Rendered) -> None:
    (folder / f"{name}.html").write_text(rendered.html, encoding="utf-8")
    bare = re.sub(r"<style>.*?</style>", "", rendered.html, flags=re.DOTALL)
    (folder / f"{name}-bare.html").write_text(bare, encoding="utf-8")
    (folder / f"{name}.txt").write_text(f"Subject: {subject}\n\n{rendered.text}", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zone", default="Europe/Berlin")
    parser.add_argument("--locale", default="en-GB")
    stated = parser.parse_args()
    write_messages(stated.folder, zone=stated.zone, locale=stated.locale)
