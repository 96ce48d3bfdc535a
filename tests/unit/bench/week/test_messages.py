"""Reading messages: each form in which Watchword reports an article."""

from datetime import UTC, datetime
from email.message import EmailMessage

from bench.week.judging.messages import Received, read_message

SINGLE = """\
[headline changed]
Night ferry suspended

  Crews twice had to stop because *drones* hovered

Source      courier
Read it     http://rss0.example:8080/2026/11/26/news-f000042q.html
Details     http://127.0.0.1:8001/articles/402

2 outlets, first: courier 12:03
  12:03 gazette: Night ferry
      http://atom1.example:8080/2026/11/26/news-f000099q.html

--\x20
Watchword sent this for your watch “drones”: drone
"""
DIGEST = """\
Morning: 2 stories for 2 watches
All is well: 40 of 40 sources read on time

==== drones: drone

1. Night ferry suspended

  Crews twice had to stop because *drones* hovered

Read it     http://rss0.example:8080/2026/11/26/news-f000042q.html
Also for    lakes, glaciers and
            rivers, seas

2. [update] Depot burns

Read it     http://rss0.example:8080/2026/11/26/news-f000043q.html

and 3 more

====
Status report: All is well
"""


def read(text: str) -> Received:
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "s", "<1@x>"
    message.set_content(text)
    return read_message(message, recipient="r", at=datetime(2026, 11, 26, tzinfo=UTC))


def test_a_mail_about_one_article_is_read() -> None:
    alerted = [(one.watch, one.kind, one.token) for one in read(SINGLE).alerted]

    assert alerted == [("drones", "headline", "f000042q")]


def test_a_digest_counts_for_every_watch_it_names() -> None:
    found = read(DIGEST)

    assert [(one.watch, one.kind, one.token) for one in found.alerted] == [
        ("drones", "new", "f000042q"),
        ("lakes", "new", "f000042q"),
        ("glaciers and rivers", "new", "f000042q"),
        ("seas", "new", "f000042q"),
        ("drones", "update", "f000043q"),
    ]
    assert found.hidden == (("drones", 3),)


def test_a_status_report_tells_of_no_article() -> None:
    assert read("Status report: All is well\n  40 of 40 sources read on time\n").alerted == ()
