"""An invented second language changes every sentence of every message: none is written outside the file of phrases."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from crawler.alerting import phrases
from crawler.alerting.atom import write_feed
from crawler.alerting.links import Links
from crawler.alerting.messages.render import render
from crawler.alerting.messages.subjects import write_subject
from crawler.alerting.phrases import FOLDER, phrases_of
from crawler.model.mail.alert import HELD, Alert, AlertKind, DeliveryKind, Message, Outlet
from crawler.model.mail.status_report import (
    MailFacts,
    Outage,
    PageFacts,
    RefusedEdit,
    Rest,
    SourceEvent,
    SourceFacts,
    SourceState,
    Standing,
    StatusReport,
    WatchState,
)
from crawler.model.watch import Snippet

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
LOCAL = Links(web_url="http://127.0.0.1:8001/", database="\u6570", key=b"k")
PUBLIC = replace(LOCAL, web_url="https://127.1.1.1.example/")
# not sentences: zones, addresses, and what is typed in a shell or written in a file
NO_WORDS = re.compile(
    r"https?://\S+|\S+@\S+|watchword [^\u03c9]*?(--story \w+|reject \w+|NAME|doctor)|\[mail\] \w+|UTC|OR"
)
# nothing of it uses the letters of English
ALERT = Alert(
    id=1,
    kind=AlertKind.NEW,
    watch_name="\u65e0\u4eba\u673a",
    query="\u65e0\u4eba\u673a",
    headline="\u9898",
    url="https://127.0.0.1/1",
    source_name="\u62a5",
    language="ar",
    terms=("\u65e0\u4eba\u673a",),
    hit_count=3,
    in_headline=True,
    snippet=Snippet(text="\u65e0\u4eba\u673a\u3002", marks=((0, 3),)),
    raised_at=NOW,
    published_at=NOW,
    precision="minute",
    byline="\u4eba",
)
OUTLETS = tuple(
    Outlet(source_name=f"\u62a5{n}", headline="\u9898", url="", published_or_seen_at=NOW - timedelta(days=n * 200), is_stated=n == 1)
    for n in range(20)
)  # fmt: skip
STATUS_REPORT = StatusReport(
    since=NOW - timedelta(days=1), until=NOW, watch_count=1, sources=SourceFacts(active_count=1, counts={Standing.ON_TIME: 1}),
)  # fmt: skip
UNWELL = replace(
    STATUS_REPORT,
    is_first=True,
    sources=SourceFacts(
        active_count=10,
        counts=dict.fromkeys(Standing, 1),
        not_due_count=1,
        named=tuple(
            SourceState(name="\u62a5", standing=standing, since=NOW, reason="503", read_at=read_at, next_at=NOW)
            for standing in Standing
            if standing not in {Standing.NEW, Standing.ON_TIME}
            for read_at in (None, NOW)
        ),
        paused=(Rest(name="\u62a5"), Rest(name="\u62a5", since=NOW)),
        removed=(Rest(name="\u62a5", since=NOW),),
        outages=(Outage(name="\u62a5", since=NOW - timedelta(hours=3), until=NOW, reason="503"),),
    ),
    pages=PageFacts(checked_count=2, refused_count=1, failed_count=1, match_count=1, skipped_count=840, waiting_count=3, waiting_since=NOW, retried_count=1),
    mail=MailFacts(pending_count=2, pending_since=NOW, alert_count=3, later_count=1, later_at=NOW, dead_count=1, others_pending_count=1, others_dead_count=1),
    muted=(
        WatchState(name="\u65e0"),
        WatchState(name="\u65e0", until=NOW, by_reader=True),
        WatchState(name="\u65e0", is_kept=True),
        WatchState(name="\u65e0", story_count=1, source_count=2),
    ),
    downtimes=((NOW - timedelta(days=3), NOW),),
    free_bytes=1_000_000,
)  # fmt: skip
EDIT = RefusedEdit(note="\u62a5", refused_at=NOW)
EVENT = SourceEvent(source_name="\u62a5", health="failing", health_before="ok", reason="", happened_at=NOW)  # fmt: skip


@pytest.fixture(autouse=True)
def _greek_of_a_sort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return every sentence in letters that English does not have."""

    def turn(phrase: Any) -> str:
        if isinstance(phrase, dict):
            return "{ " + ", ".join(f"{key} = {turn(form)}" for key, form in phrase.items()) + " }"
        turned = re.sub(r"\{\w+\}|[A-Za-z]", lambda found: found[0] if found[0][0] == "{" else "\u03c9", phrase)  # fmt: skip
        return '"' + turned.replace("\\", "\\\\").replace('"', '\\"') + '"'

    english = (FOLDER / "en.toml").read_text(encoding="utf-8")
    lines = []
    for section, sentences in tomllib.loads(english).items():
        lines += [f"[{section}]", *(f"{key} = {turn(one)}" for key, one in sentences.items())]
    (tmp_path / "en.toml").write_text(english, encoding="utf-8")
    (tmp_path / "el.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(phrases, "FOLDER", tmp_path)


def greek(*alerts: Alert, **facts: Any) -> Message:
    return Message(
        **{
            "delivery_id": 5,
            "kind": DeliveryKind.ALERT,
            "series": "",
            "recipient": "1@1.org",
            "message_id": "<1@1.org>",
            "written_at": NOW,
            "zone": "UTC",
            "locale": "el-GR",
            "contact": "2@1.org",
            "is_admin": True,
            "alerts": alerts,
            **facts,
        }
    )


CHANGED = "[-\u4e00-] {+\u4e8c+}"
SINGLES = [
    ALERT,
    replace(ALERT, headline="", hit_count=1, in_headline=False, precision="hour"),
    replace(ALERT, hit_count=2, in_headline=False, precision="day"),
    replace(ALERT, hit_count=1, published_at=None, outlets=OUTLETS, outlet_count=70, copy_count=80),
    replace(ALERT, hit_count=40, outlets=(OUTLETS[0], replace(OUTLETS[0], source_name="\u62a50"))),
    replace(ALERT, kind=AlertKind.UPDATE, diff=CHANGED),
    replace(ALERT, kind=AlertKind.UPDATE),
    replace(ALERT, kind=AlertKind.HEADLINE, diff=CHANGED, headline_before="\u4e00"),
    replace(ALERT, kind=AlertKind.GONE, gone_status=410),
    replace(ALERT, published_at=NOW - timedelta(days=400)),
    replace(ALERT, from_feed="403"),
    replace(ALERT, kind=AlertKind.UPDATE, is_last_today=True),
]
SEVERAL = [replace(one, id=n, current_story_id=n // 2, watch_name=f"\u65e0{n % 3}") for n, one in enumerate(SINGLES, start=1)]  # fmt: skip
MANY = [
    replace(ALERT, id=n, current_story_id=n, watch_name=f"\u65e0{n % 40}" * 9)
    for n in range(1, 100)
]
DIGEST: dict[str, Any] = {
    "kind": DeliveryKind.DIGEST,
    "series": "group \u7ec4",
    "status_report": STATUS_REPORT,
}
MESSAGES = [
    *(greek(one) for one in SINGLES),
    greek(ALERT, is_admin=False),
    greek(ALERT, is_test=True),
    greek(*SEVERAL, **DIGEST),
    greek(*SEVERAL, **DIGEST, is_admin=False),
    greek(*MANY, **DIGEST),
    greek(SEVERAL[0], SEVERAL[3], **{**DIGEST, "series": "watch \u65e0"}),
    greek(*SEVERAL[:3], **{**DIGEST, "series": HELD}, held_limit=20),
    greek(*SEVERAL[:3], **{**DIGEST, "series": HELD}),
    greek(kind=DeliveryKind.STATUS_REPORT, status_report=STATUS_REPORT),
    greek(kind=DeliveryKind.STATUS_REPORT, status_report=UNWELL, is_admin=False),
    greek(
        kind=DeliveryKind.STATUS_REPORT,
        status_report=replace(STATUS_REPORT, since=None, watch_count=0, sources=SourceFacts()),
    ),
    greek(kind=DeliveryKind.NOTICE, events=(EVENT,)),
    greek(kind=DeliveryKind.NOTICE, refused_edit=EDIT),
    greek(kind=DeliveryKind.NOTICE, events=(EVENT,), refused_edit=replace(EDIT, ended_at=NOW)),
    greek(
        kind=DeliveryKind.NOTICE,
        events=(EVENT, replace(EVENT, health="ok", health_before="quiet", read_at=NOW)),
    ),
]


def find_english(text: str) -> set[str]:
    """Return the English words in a text that come from the phrases."""
    return set(re.findall(r"[A-Za-z]{2,}", NO_WORDS.sub("", " ".join(text.split()))))


@pytest.mark.parametrize("links", [LOCAL, PUBLIC], ids=["local", "public"])
@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_no_word_of_ours_is_left_in_english(message: Message, links: Links) -> None:
    rendered = render(message, links)
    page = lxml.html.fromstring(rendered.html)
    for style in page.xpath("//style"):
        style.drop_tree()

    assert find_english(rendered.text) == set()
    assert find_english(page.text_content()) == set()
    assert "\u03c9" in rendered.text
    assert "\u03c9" in page.text_content()
    assert page.get("lang") == "el"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_no_word_of_a_subject_is_left_in_english(message: Message) -> None:
    assert find_english(write_subject(message)) == set()


def test_no_word_of_a_feed_is_left_in_english() -> None:
    feed = write_feed(SINGLES, title="\u9898", own_url="", links=LOCAL, phrases=phrases_of(greek()))
    contents = re.findall(r"<content.*?</content>", feed.decode())

    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"&lt;.*?&gt;|<.*?>|UTC", "", "".join(contents)))
    assert words == []
    assert len(contents) == len(SINGLES)
