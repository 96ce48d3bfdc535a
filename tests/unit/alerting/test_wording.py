"""The wording of alerts: no more exact than what is known, and in the reader's language."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.alerting.channels.webhook import write_payload
from crawler.alerting.messages.render import render
from crawler.alerting.messages.show import show_alert, web_link
from crawler.alerting.phrases import Phrases
from crawler.alerting.wording import write_outlets, write_published, write_reason
from crawler.model.mail.alert import Alert, AlertKind, Outlet
from tests.unit.alerting.messages.test_message import ALERT, LINKS, PUBLIC, make_message

READER = Phrases("en-GB", "America/New_York")


@pytest.mark.parametrize(
    ("published_at", "zone"),
    [
        (datetime(2026, 11, 22, 15, tzinfo=UTC), "Asia/Tokyo"),
        (datetime(2026, 11, 22, 22, tzinfo=UTC), "+02:00"),
        (datetime(2026, 11, 23, 5, 30, tzinfo=UTC), "-05:30"),
        (datetime(2026, 11, 23, tzinfo=UTC), "nowhere/land"),
        (datetime(2026, 11, 23, tzinfo=UTC), "+99:99"),
        (datetime(2026, 11, 23, tzinfo=UTC), None),
    ],
)
def test_a_day_is_the_day_the_page_stated_wherever_it_is_read(
    published_at: datetime, zone: str | None
) -> None:
    alert = replace(ALERT, precision="day", published_at=published_at, published_zone=zone)

    for reader in ("America/New_York", "Pacific/Auckland", "UTC"):
        assert write_published(alert, Phrases("en-GB", reader)) == "23 Nov 2026 (day only)"


def test_an_hour_is_approximate_and_a_missing_time_is_not_stated() -> None:
    assert write_published(ALERT, READER) == "12 Dec 2022, about 09:45 EST"
    assert write_published(replace(ALERT, precision="minute"), READER) == "12 Dec 2022, 09:45 EST"
    unstated = replace(ALERT, published_at=None, precision=None)
    assert write_published(unstated, READER) == "not stated; first seen 12 Dec 2022, 10:00 EST"


@pytest.mark.parametrize(
    ("hits", "in_headline", "expected"),
    [
        (1, False, "drone: once"),
        (1, True, "drone: once, in the headline"),
        (2, True, "drone: twice, also in the headline"),
        (2, False, "drone: twice"),
        (3, True, "drone: 3 times, also in the headline"),
        (1200, False, "drone: 1,200 times"),
    ],
)
def test_the_reason_for_a_match_is_written_as_people_say_it(
    hits: int, in_headline: bool, expected: str
) -> None:
    assert write_reason(replace(ALERT, hit_count=hits, in_headline=in_headline), READER) == expected


def test_a_term_of_the_other_direction_does_not_turn_the_sentence_around() -> None:
    terms = ("\u0627\u0644\u0645\u0633\u064a\u0631\u0629", "UAV")
    found = replace(ALERT, terms=terms, hit_count=2, in_headline=False)

    assert write_reason(found, READER) == f"\u2068{terms[0]}\u2069, UAV: twice"


def outlet(name: str, published_or_seen_at: datetime) -> Outlet:
    return Outlet(
        source_name=name,
        headline="h",
        url="",
        published_or_seen_at=published_or_seen_at,
        is_stated=True,
    )


def test_outlets_are_all_counted_and_the_first_has_its_day_where_it_was_another() -> None:
    def write(*published_or_seen_at: datetime, **facts: int) -> str:
        outlets = tuple(outlet(f"o{n}", at) for n, at in enumerate(published_or_seen_at))
        return write_outlets(replace(ALERT, outlets=outlets, **facts), READER)  # type: ignore[arg-type]  # counts

    now = ALERT.raised_at
    assert write(now) == ""
    assert write(now, now) == "2 outlets, first: o0 10:00"
    assert write(now.replace(day=11), now) == "2 outlets, first: o0 11 Dec 10:00"
    assert write(now.replace(year=2021), now) == "2 outlets, first: o0 12 Dec 2021 10:00"
    assert write(now, now, outlet_count=80) == "80 outlets, first: o0 10:00"


def test_articles_beyond_those_shown_are_counted() -> None:
    alert = replace(ALERT, outlets=tuple(outlet(f"o{n}", START) for n in range(50)), copy_count=93)
    rendered = render(make_message(alert), LINKS)

    assert "and 78 more articles" in rendered.text
    assert "and 78 more articles" in rendered.html


START = datetime(2022, 12, 12, tzinfo=UTC)


# names of languages are phrases: they are English until somebody translates them, whatever the country
def test_a_language_is_named_and_no_language_code_is_lost() -> None:
    def write(code: str, locale: str) -> str:
        return show_alert(replace(ALERT, language=code), LINKS, phrases=Phrases(locale, "UTC")).language  # fmt: skip

    assert [write("en", "en-GB"), write("ar", "de-AT"), write("xx", "en-GB")] == ["English", "Arabic", "xx"]  # fmt: skip


def test_what_changed_keeps_its_spaces() -> None:
    alert = replace(ALERT, kind=AlertKind.UPDATE, diff="the [-old-] {+new+}. It [-was-]{+is+} so")
    rendered = render(make_message(alert), LINKS)

    assert "the [-old-] {+new+}. It [-was-]{+is+} so" in rendered.text


def test_a_link_is_whole_or_omitted() -> None:
    assert web_link("https://x.org/" + "a" * 1900).endswith("aaa")
    assert web_link("https://x.org/" + "a" * 2000) == ""
    assert web_link("https://x.org/" + "\u6f22" * 700) == ""


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC"])
def test_a_program_gets_values_and_not_words_for_readers(zone: str) -> None:
    alert: Alert = replace(ALERT, precision="day", raised_at=datetime(2026, 11, 26, tzinfo=UTC))
    message = make_message(alert, zone=zone, locale="de-AT")

    (payload,) = json.loads(write_payload(message, LINKS))["alerts"]
    assert (payload["language"], payload["labels"]) == ("en", ["old"])
    assert payload["published_at"] == "2022-12-12T14:45:00+00:00"


def test_a_reader_gets_only_links_that_are_of_use_to_that_reader() -> None:
    admin, other, public = (
        render(make_message(is_admin=is_admin), links).text
        for is_admin, links in ((True, LINKS), (False, LINKS), (False, PUBLIC))
    )

    assert "No more of this story: watchword watch mute drones --story 0" in admin
    assert "write to" not in admin
    assert "To stop these messages, or to have them changed, write to desk@x.org." in other
    assert "Details" not in other
    assert "Stop these messages: https://desk.example/-/message/5.0." in public
    assert "write to" not in public
    assert "Details     https://desk.example/articles/0" in public


def test_a_command_can_be_pasted_whatever_the_watch_is_called() -> None:
    alert = replace(ALERT, watch_name='a "b" $(rm) `c`')

    assert """watchword watch mute 'a "b" $(rm) `c`' --story""" in render(make_message(alert), LINKS).text  # fmt: skip
