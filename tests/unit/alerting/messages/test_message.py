import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.alerting.links import Links, Token, is_signed, read_token
from crawler.alerting.mail.local.maildir import deliver_to_maildir
from crawler.alerting.messages.compose import Sender, compose_mail, new_message_id
from crawler.alerting.messages.subjects import write_subject
from crawler.alerting.policy import choose_alert, find_limit_end, is_silent
from crawler.model.article import Revision
from crawler.model.mail.alert import Alert, AlertKind, DeliveryKind, Message, Outlet
from crawler.model.watch import AlertMode, OnRevision, Snippet, Watch
from tests.fakes import START

HOSTILE = [
    "x\r\nBcc: evil@x.org",
    "a\x00b\u2028c\x0bd",
    "\u202egnp.exe",
    "<script>alert(1)</script>",
    "x" * 10_000,
    "\ud800",
]
SENTENCE = "Two drones crossed the quay at dawn."
ALERT = Alert(
    id=1,
    kind=AlertKind.NEW,
    watch_name="drones",
    query="drone",
    headline="Harbour shown no proof \u2013 Secretary",
    url="https://x.org/a?b=1&c=2",
    source_name="courier",
    language="en",
    terms=("drone",),
    hit_count=3,
    in_headline=True,
    snippet=Snippet(text=SENTENCE, marks=((4, 10),)),
    raised_at=datetime(2022, 12, 12, 15, 0, tzinfo=UTC),
    published_at=datetime(2022, 12, 12, 14, 45, tzinfo=UTC),
    precision="hour",
    published_zone="Asia/Beirut",
    story_id=7,
)


LINKS = Links(web_url="http://127.0.0.1:8001/", database="watchword", key=b"k")
PUBLIC = replace(LINKS, web_url="https://desk.example/")


def make_message(*alerts: Alert, **facts: Any) -> Message:
    return Message(
        **{
            "delivery_id": 5,
            "kind": DeliveryKind.ALERT,
            "series": "",
            "recipient": "me@x.org",
            "message_id": "<one@x.org>",
            "written_at": START,
            "zone": "Asia/Beirut",
            "is_admin": True,
            "contact": "desk@x.org",
            "alerts": alerts or (ALERT,),
            **facts,
        }
    )


def compose(alert: Alert = ALERT, *, links: Links = LINKS, **facts: Any) -> EmailMessage:
    sender = Sender(address="watch@x.org")
    message = compose_mail(make_message(alert, **facts), sender=sender, links=links)
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def visible(html: str) -> str:
    """Return the visible words of an HTML part."""
    text = re.sub(r"<(title|style)\b.*?</\1>|<div class=\"preheader.*?</div>|<[^>]+>", "", html, flags=re.DOTALL)  # fmt: skip
    return " ".join(unescape(text).split())


def test_both_parts_prove_the_match() -> None:
    message = compose()

    assert "Two *drones* crossed the quay at dawn." in part(message, "plain")
    assert "Two drones crossed the quay at dawn." in visible(part(message, "html"))
    assert re.search(r"<mark[^>]*><span[^>]*>drones</span></mark>", part(message, "html"))
    for text in (part(message, "plain"), part(message, "html")):
        assert "12 Dec 2022, about 16:45 EET" in text
        assert "drone: 3 times, also in the headline" in text


def test_headers_are_those_of_an_automatic_message() -> None:
    message = compose()

    assert message["Subject"].strip() == "drones: Harbour shown no proof \u2013 Secretary"
    assert message["Message-ID"] == "<one@x.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "drones <drones.watch.x.org>"
    assert message["References"] == "<story-7.drones@x.org>"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_headline_leaves_one_safe_message(hostile: str) -> None:
    message = compose(replace(ALERT, headline=hostile, byline=hostile, source_name=hostile))

    assert message["Bcc"] is None
    assert len(message["Subject"].strip()) <= 78
    assert "<script>" not in part(message, "html")
    assert "\u202e" not in part(message, "plain")


@given(st.text(max_size=200))
def test_a_subject_is_one_short_line_whatever_the_headline(headline: str) -> None:
    subject = write_subject(make_message(replace(ALERT, headline=headline)))

    assert len(subject) <= 78
    assert subject.isprintable() or "\u00a0" in subject or not subject.isascii()
    assert "\n" not in subject


def test_only_web_addresses_become_links() -> None:
    text = part(compose(replace(ALERT, url="javascript:alert(1)")), "html")

    assert "javascript" not in text


def test_a_date_without_a_time_is_written_as_a_day() -> None:
    assert "12 Dec 2022 (day only)" in part(compose(replace(ALERT, precision="day")), "plain")


def test_outlets_are_listed_in_order() -> None:
    outlets = tuple(
        Outlet(source_name=name, headline=f"H {name}", url=f"https://{name}.org/", published_or_seen_at=START, is_stated=False)
        for name in ("first", "second")
    )  # fmt: skip

    text = part(compose(replace(ALERT, outlets=outlets)), "plain")

    assert "2 outlets, first: first 23 Nov 2026 12:00" in text
    assert text.index("first") < text.index("second")


def test_an_update_is_labelled_as_such() -> None:
    diff = "Two [-boats <b>-] {+drones+} crossed"
    message = compose(replace(ALERT, kind=AlertKind.UPDATE, diff=diff))

    assert message["Subject"].strip().startswith("drones (update): ")
    for kind in ("plain", "html"):
        text = " ".join(part(message, kind).split())
        assert "now contains your words (it did not before)" in text
    assert "Two [-boats <b>-] {+drones+} crossed" in part(message, "plain")
    assert re.search(r"<del[^>]*>boats &lt;b&gt;</del>", part(message, "html"))
    assert re.search(r"<ins[^>]*>drones</ins>", part(message, "html"))


def test_an_update_by_another_outlet_is_labelled_as_such() -> None:
    message = compose(replace(ALERT, kind=AlertKind.UPDATE))

    assert "in text that no outlet had before" in " ".join(part(message, "plain").split())
    assert "What changed" not in part(message, "plain")


def test_a_message_explains_how_to_unsubscribe() -> None:
    local = compose(recipient="me@x.org")
    public = compose(links=PUBLIC)
    plain_http = compose(links=replace(LINKS, web_url="http://desk.example/"))

    assert local["List-Id"] is not None
    assert local["List-Unsubscribe"] is None  # nothing here would act on it
    assert local["List-Unsubscribe-Post"] is None
    link = str(public["List-Unsubscribe"])
    text = link.strip("<>").rpartition("/")[2]
    assert read_token(text) == Token(delivery_id=5, alert_id=0)
    assert is_signed([b"k"], text, "<one@x.org>")
    assert link.startswith("<https://desk.example/-/message/")
    assert public["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert plain_http["List-Unsubscribe-Post"] is None


def test_replies_go_to_the_configured_address() -> None:
    sender = Sender(address="watch@x.org", reply_to="desk@x.org")
    message = compose_mail(make_message(), sender=sender, links=LINKS)

    assert (message["Reply-To"], message["From"]) == ("desk@x.org", "Watchword <watch@x.org>")


def test_a_mailbox_that_is_read_allows_unsubscribing_by_a_signed_token() -> None:
    sender = Sender(address="watch@x.org", unsubscribe="off+1@x.org")
    message = compose_mail(make_message(), sender=sender, links=LINKS)
    both = compose_mail(make_message(), sender=sender, links=PUBLIC)

    off_link = str(message["List-Unsubscribe"]).strip("<>")
    subject = unquote(urlsplit(off_link).query.removeprefix("subject="))
    assert off_link.startswith("mailto:off+1@x.org?subject=unsubscribe%20")
    token = subject.removeprefix("unsubscribe ")
    assert read_token(token) == Token(delivery_id=5, alert_id=0)
    assert is_signed([b"k"], token, "<one@x.org>")
    assert message["List-Unsubscribe-Post"] is None
    assert str(both["List-Unsubscribe"]).startswith("<https://")
    assert str(both["List-Unsubscribe"]).endswith(f", <{off_link}>")


def test_a_test_and_a_message_without_alerts_have_no_unsubscribe_header() -> None:
    sender = Sender(address="watch@x.org", unsubscribe="off@x.org")
    test = compose_mail(replace(make_message(), is_test=True), sender=sender, links=PUBLIC)
    empty = compose_mail(
        replace(make_message(), alerts=(), kind=DeliveryKind.NOTICE), sender=sender, links=PUBLIC
    )

    assert test["List-Unsubscribe"] is None
    assert empty["List-Unsubscribe"] is None


def test_a_mail_links_to_public_web_pages_in_place_of_naming_commands() -> None:
    local, public = compose(), compose(links=PUBLIC)

    for kind in ("plain", "html"):
        assert "http://127.0.0.1:8001/articles/0" in part(local, kind)
        assert "watchword alert reject 1" in part(local, kind)
        assert "https://desk.example/-/message/5.1." in part(public, kind)
        assert "watchword alert reject" not in part(public, kind)


def test_a_mail_loads_nothing_from_the_network() -> None:
    html = part(compose(links=PUBLIC), "html")

    assert not re.search(r"<img|<script|<link|url\(|src=|@import", html)


def test_an_old_story_is_labelled_old() -> None:
    message = compose(replace(ALERT, raised_at=START))

    assert message["Subject"].strip().startswith("drones (old, Dec 2022): ")
    for kind in ("plain", "html"):
        assert "an old story that was only found now" in part(message, kind)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_headline_in_a_digest_leaves_one_safe_message(hostile: str) -> None:
    alerts = [
        replace(
            ALERT,
            id=n,
            current_story_id=n,
            headline=hostile,
            watch_name=hostile or "w",
            source_name=hostile,
        )
        for n in range(1, 41)
    ]
    message = compose_mail(
        make_message(*alerts, kind=DeliveryKind.DIGEST, series=f"group {hostile}"),
        sender=Sender(address="watch@x.org"),
        links=PUBLIC,
    )
    read = message_from_bytes(message.as_bytes(), policy=policy.default)

    assert read["Bcc"] is None
    assert len(str(read["Subject"]).strip()) <= 78
    assert "<script>" not in part(message, "html")
    printed, left_out = part(message, "plain").count("Read it"), re.search(r"and (\d+) more", part(message, "plain"))  # fmt: skip
    assert printed + int(left_out[1] if left_out else 0) == 40


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_message_can_be_read_back_whatever_the_names(watch: str, source: str) -> None:
    message = compose(replace(ALERT, watch_name=watch or "w", source_name=source, byline=source))

    assert message["List-Id"]
    assert part(message, "plain").startswith("Harbour shown no proof")


def test_message_ids_differ() -> None:
    assert new_message_id(domain="x.org") != new_message_id(domain="x.org")


def test_a_message_delivered_twice_to_a_maildir_is_one_file(tmp_path: Path) -> None:
    paths = {deliver_to_maildir(compose(), folder=tmp_path, recipient="me@x.org") for _ in range(2)}

    assert [*(tmp_path / "new").iterdir()] == [*paths]
    assert [*(tmp_path / "tmp").iterdir()] == []
    assert paths.pop().stat().st_mode & 0o077 == 0


def test_a_message_read_meanwhile_is_not_delivered_again(tmp_path: Path) -> None:
    path = deliver_to_maildir(compose(), folder=tmp_path, recipient="me@x.org")
    path.rename(tmp_path / "cur" / f"{path.name}:2,S")

    deliver_to_maildir(compose(), folder=tmp_path, recipient="me@x.org")

    assert [*(tmp_path / "new").iterdir()] == []


REVISION = Revision(
    id=1, article_id=1, story_id=1, source_id=1, url="u", headline="h", body="b", language="en", fetched_at=START, is_first=True
)  # fmt: skip


def choose(
    watch: Watch,
    *,
    is_first: bool = True,
    was_alerted: bool = False,
    is_anew: bool = True,
    is_new: bool = True,
) -> AlertKind | None:
    return choose_alert(
        watch,
        replace(REVISION, is_first=is_first),
        was_alerted=was_alerted,
        is_met_anew=lambda: is_anew,
        says_something_new=lambda: is_new,
    )


@pytest.mark.parametrize(
    ("is_first", "was_alerted", "is_anew", "is_new", "on_revision", "kind"),
    [
        (True, False, True, True, OnRevision.NEW_MATCH, AlertKind.NEW),
        (True, True, True, False, OnRevision.NEW_MATCH, None),  # another outlet reprints the story:
        (True, True, True, True, OnRevision.NEW_MATCH, AlertKind.UPDATE),  # and adds the word that no text had before
        (True, True, True, True, OnRevision.NEVER, None),
        (False, False, True, False, OnRevision.NEW_MATCH, AlertKind.NEW),  # an edit added the word
        (False, False, False, False, OnRevision.NEW_MATCH, None),  # the word was there before the watch was widened
        (False, False, False, True, OnRevision.NEW_MATCH, AlertKind.NEW),
        (False, True, False, False, OnRevision.NEW_MATCH, None),
        (False, True, False, True, OnRevision.NEW_MATCH, AlertKind.UPDATE),
        (False, True, False, False, OnRevision.ANY, AlertKind.UPDATE),
        (False, False, True, True, OnRevision.NEVER, AlertKind.NEW),  # the first alert is no follow-up
        (False, False, False, True, OnRevision.NEVER, None),
    ],
)  # fmt: skip
def test_a_story_alerts_once_unless_there_is_something_new(
    is_first: bool, was_alerted: bool, is_anew: bool, is_new: bool, on_revision: OnRevision, kind: AlertKind | None
) -> None:  # fmt: skip
    watch = Watch(id=1, name="w", query="x", on_revision=on_revision)

    found = choose(
        watch, is_first=is_first, was_alerted=was_alerted, is_anew=is_anew, is_new=is_new
    )

    assert found is kind


@pytest.mark.parametrize(
    ("published_hours_ago", "hours"),
    [((), None), ((1, 2), None), ((1, 2, 3), 21), ((1, 2, 23, 25), 1), ((1, 2, 24), None), ((-1, -2, -3), None)],
)  # fmt: skip
def test_at_most_three_follow_ups_are_sent_a_day(
    published_hours_ago: tuple[int, ...], hours: int | None
) -> None:
    printed = [START - timedelta(hours=ago) for ago in published_hours_ago]

    ends_at = find_limit_end(printed, now=START)

    assert ends_at == (None if hours is None else START + timedelta(hours=hours))


def test_a_muted_or_silent_watch_sends_nothing() -> None:
    muted = Watch(id=1, name="w", query="x", mute_until=datetime(2027, 1, 1, tzinfo=UTC))
    silent = Watch(id=1, name="w", query="x", alert=AlertMode.NONE)

    assert is_silent(muted, now=START)
    assert is_silent(silent, now=START)
    assert not is_silent(muted, now=datetime(2027, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("links", "is_admin", "button"),
    [
        (LINKS, True, "http://127.0.0.1:8001/articles/3"),
        (PUBLIC, False, "https://desk.example/articles/3"),
        # web pages that this reader cannot open
        (LINKS, False, ""),
    ],
)
def test_no_link_is_offered_to_a_page_that_is_gone(
    links: Links, is_admin: bool, button: str
) -> None:
    gone = replace(ALERT, kind=AlertKind.GONE, gone_status=410, article_id=3)

    message = compose(gone, links=links, is_admin=is_admin)

    html, text = (str(message.get_body((part,)).get_content()) for part in ("html", "plain"))  # type: ignore[union-attr]
    assert "Read the article" not in html
    assert "Read it" not in text
    assert re.search(rf"It was at +{re.escape(ALERT.url)}", text)
    assert bool(re.search(rf"Stored text +{re.escape(button)}", text)) == bool(button)
    assert ("Read the stored text" in html) == bool(button)
