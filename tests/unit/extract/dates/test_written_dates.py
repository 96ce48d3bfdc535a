"""Dates as people write them: written out, labelled, relative; in many languages, day first."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.extract.dates.written_dates import (
    find_labelled_dates,
    read_relative,
    read_written_date,
)
from crawler.model.article import Precision
from tests.fakes import START
from tests.unit.extract.test_article import understand, with_head

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "language", "instant", "has_time"),
    [
        ("/ martes 17 de marzo de 2020", "es", datetime(2020, 3, 16, 23, tzinfo=UTC), False),
        ("January 18, 2020", "en", datetime(2020, 1, 17, 23, tzinfo=UTC), False),
        ("13 Jan 2020, 22:11 GMT+10", "en", datetime(2020, 1, 13, 12, 11, tzinfo=UTC), True),
        ("Tue, Sep 15 2020 10:01:41 EDT", "en", datetime(2020, 9, 15, 14, 1, tzinfo=UTC), True),
        ("05-12-2022 08:30", "en", datetime(2022, 12, 5, 7, 30, tzinfo=UTC), True),
        ("12/25/2022", "en", datetime(2022, 12, 24, 23, tzinfo=UTC), False),
        ("2 avril 2020 à 10h30", "fr", datetime(2020, 4, 2, 8, 30, tzinfo=UTC), True),
        ("07 أكتوبر 2020", "ar", datetime(2020, 10, 6, 22, tzinfo=UTC), False),
        ("28 آب/اغسطس 2013", "ar", datetime(2013, 8, 27, 22, tzinfo=UTC), False),
        (
            "28 تشرين الثاني / نوفمبر 2013 10:30",
            "ar",
            datetime(2013, 11, 28, 9, 30, tzinfo=UTC),
            True,
        ),
        ("2025年1月14日", "ja", datetime(2025, 1, 13, 23, tzinfo=UTC), False),
    ],
)
def test_a_written_date_is_read_in_its_language(
    text: str, language: str, instant: datetime, has_time: bool
) -> None:
    read = read_written_date(text, languages=(language, "en"), zone=PARIS)

    assert read is not None
    assert (read[0], read[1]) == (instant, has_time)


@pytest.mark.parametrize("text", ["2022", "March 2022", "99.99.2020", "1-2-3", "call 555-2020", ""])
def test_an_impossible_day_is_not_read_as_a_date(text: str) -> None:
    assert read_written_date(text, languages=("en",), zone=PARIS) is None


@pytest.mark.parametrize(
    ("phrase", "language", "ago"),
    [
        ("il y a 3 heures", "fr", timedelta(hours=3)), ("hace 2 horas", "es", timedelta(hours=2)),
        ("vor 5 Minuten", "de", timedelta(minutes=5)), ("3時間前", "ja", timedelta(hours=3)),
        ("2 saat önce", "tr", timedelta(hours=2)), ("منذ 3 ساعات", "ar", timedelta(hours=3)),
        ("5 часов назад", "ru", timedelta(hours=5)), ("há 2 horas", "pt", timedelta(hours=2)),
    ],
)  # fmt: skip
def test_a_relative_time_is_read(phrase: str, language: str, ago: timedelta) -> None:
    page = with_head("", after_headline=f"<span>{phrase}</span>").replace(
        b"<html", f'<html lang="{language}"'.encode()
    )

    publication_date = understand(page).publication_date

    assert read_relative(phrase, languages=(language,), now=START) == START - ago
    assert publication_date is not None
    assert publication_date.published_at == START - ago
    assert publication_date.precision is (
        Precision.MINUTE if ago < timedelta(hours=1) else Precision.HOUR
    )
    assert phrase in publication_date.evidence
    assert "fetch" in publication_date.evidence


@pytest.mark.parametrize("phrase", ["3 Minuten Lesezeit", "5 Min.", "3 comments", "Part 2"])
def test_a_number_alone_is_not_a_relative_time(phrase: str) -> None:
    page = with_head("", after_headline=f"<span>{phrase}</span>")

    assert understand(page.replace(b"<html", b'<html lang="de"')).publication_date is None


def test_a_labelled_date_is_found_anywhere_on_the_page() -> None:
    text = (
        "In the sidebar: 24.04.2023 Other story. Datum 28.04.2023 Autor X. Last updated 30.04.2023"
    )

    assert [found[:10] for found in find_labelled_dates(text)] == ["28.04.2023"]


def test_a_date_below_the_headline_counts_but_not_one_in_a_caption() -> None:
    below = with_head("", after_headline="<p>18 November 2026, 09:15</p>")
    caption = with_head(
        "", after_headline="<p>Tanks in the east of the country on 24 April 2023, as seen by us</p>"
    )

    found = understand(below, timezone="Europe/Paris").publication_date

    assert found is not None
    assert found.published_at == datetime(2026, 11, 18, 8, 15, tzinfo=UTC)
    assert (found.origin, found.evidence) == ("text", "18 November 2026, 09:15")
    assert understand(caption).publication_date is None


def test_a_feeds_date_counts_more_than_one_read_from_the_text() -> None:
    page = with_head("", after_headline="<p>18 November 2026</p>")

    publication_date = understand(page, stated_at=START - timedelta(hours=2)).publication_date

    assert publication_date is not None
    assert publication_date.origin == "feed"
