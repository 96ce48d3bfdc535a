"""The reader of dates for feeds, sitemaps and pages, in any form and language."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.extract.dates.stated_dates import read_stated_date, read_stated_instant
from crawler.extract.dates.zones import find_zone
from crawler.extract.feeds.feed import parse_feed
from crawler.extract.feeds.json_feed import parse_json_feed
from crawler.extract.sitemaps.sitemap import parse_sitemap
from crawler.model.article import Precision
from tests.unit.extract.test_article import understand, with_head

FETCHED = datetime(2026, 11, 26, 4, 0, tzinfo=UTC)
AT = datetime(2026, 11, 24, 22, 57, tzinfo=UTC)
DAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 24 Nov 2026 22:57:00 GMT",
        "Tue,24 Nov 2026 22:57:00 +0000",
        "Di, 24 Nov 2026 22:57:00 +0000",
        "Tue, 24-Nov-26 22:57:00 GMT",
        "Tuesday 24 Nov 2026, 10:57 PM",
        "Nov 24, 2026 22:57 UTC",
        "November 24th, 2026 at 10:57 p.m.",
        "Tue Nov 24 22:57:00 UTC 2026",
        "2026-11-24T22:57:00Z",
        "2026-11-24t22:57z",
        "2026-11-24T22:57:00.000000000Z",
        "2026-11-24 22:57",
        "2026/11/24 22:57",
        "20261124T225700Z",
        "20261124225700",
        "202611242257",
        "1795561020",
        "1795561020000",
        "1795561020.5",
        "/Date(1795561020000)/",
        "24.11.2026 22:57 Uhr",
        "24.11.26, 22.57 Uhr",
        "Tue, 24 Nov 2026 22.57.00 +0000",
        "24-11-2026 22.57.00",
        "2026-11-24T22.57.00Z",
        "Dienstag, den 24. November 2026 um 22:57 Uhr",
        "24 ноября 2026 г., 22:57",
        "24 kasım 2026 salı 22:57",
        "24 de novembro de 2026 às 22h57",
        "mar. 24 nov. 2026 22:57",
        "martes, 24 de noviembre de 2026, 22:57",
        "2026. november 24., kedd 22:57",
        "2026 m. lapkričio 24 d. 22:57",
        "24. marraskuuta 2026 klo 22.57",
        "24. listopadu 2026 22:57",
        "24 Νοεμβρίου 2026 10:57 μ.μ.",
        "2026年11月24日 下午10:57",
        "2026년 11월 24일 오후 10:57",
        "2026. 11. 24. 오후 10:57",
        "令和8年11月24日 22時57分",
        "٢٤ نوفمبر ٢٠٢٦ ١٠:٥٧ م",
        "24 พฤศจิกายน 2569 22:57 น.",
        "۳ آذر ۱۴۰۵ ۲۲:۵۷",
        "۱۴۰۵/۰۹/۰۳ - ۲۲:۵۷",
        "11/24/2026 10:57 PM",
        "22:57 - 24.11.2026",
        "Published: Nov 24, 2026, 22:57",
    ],
)
def test_a_moment_is_read_in_any_form(text: str) -> None:
    read = read_stated_date(text, fetched_at=FETCHED)

    assert read is not None
    assert read.instant.replace(microsecond=0) == AT
    assert read.has_time


@pytest.mark.parametrize(
    "text",
    ["2026-11-24", "20261124", "2026-W48-2", "2026-328", "24th of November 2026", "24/11/2026", "11/24/2026",
     "24 तारीख नवंबर 2026".replace("तारीख ", ""), "२४ नवंबर २०२६", "24/11/2569", "24 พ.ย. 2569", "24 تشرين الثاني 2026",
     "24 בנובמבר 2026", "2026. gada 24. novembrī", "2026ko azaroaren 24a", "24 tháng 11, 2026", "2026年11月24日"],
)  # fmt: skip
def test_a_day_is_read_in_any_form(text: str) -> None:
    read = read_stated_date(text, fetched_at=FETCHED)

    assert read is not None
    assert (read.instant, read.has_time) == (DAY, False)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("Tue, 24 Nov 2026 22:57:00 +5:30", -5.5),
        ("Tue, 24 Nov 2026 22:57:00 -0800", 8),
        ("Tue, 24 Nov 2026 22:57:00 GMT+2", -2),
        ("Tue, 24 Nov 2026 22:57:00 (UTC+03:00)", -3),
        ("Tue, 24 Nov 2026 22:57:00 CST", 6),
        ("Tue Nov 24 22:57:00 PST 2026", 8),
        ("2026-11-24 22:57:00 Europe/Berlin", -1),
        ("2026-11-24T22:57:00.123456+02:00", -2),
        ("Nov. 24, 2026, 10:57 p.m. EST", 5),
        ("Tue, 24 Nov 2026 22.57.00 +0200", -2),
        ("24.11.2026 22:57 MEZ", 0),  # a German abbreviation, in a text of unknown language
    ],
)
def test_the_zone_is_read_with_the_time(text: str, hours: float) -> None:
    read = read_stated_instant(text, fetched_at=FETCHED)

    assert read is not None
    assert read.replace(microsecond=0) == AT + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("text", "language", "zone"),
    [
        ("et mis à jour", "fr", None),
        ("EST LA", "fr", None),
        ("EST", "en", ZoneInfo("America/New_York")),
        ("ET", "en", None),
        ("ist der", "de", None),
        ("IST", "en", None),
        ("MEZ", "de", ZoneInfo("Europe/Berlin")),
        ("CET", "fr", ZoneInfo("Europe/Berlin")),
        ("cet article", "fr", None),
        ("Beirut Timing", "en", ZoneInfo("Asia/Beirut")),
        ("(Paris)", "fr", ZoneInfo("Europe/Paris")),
        ("in a hotel in Paris", "en", None),
    ],
)
def test_a_word_is_read_as_a_zone_only_in_its_place(
    text: str, language: str, zone: ZoneInfo | None
) -> None:
    assert find_zone(f" {text}", language=language) == zone


def test_croatian_month_names_are_read() -> None:
    text = "24. listopada 2026."

    assert read_stated_instant(text, fetched_at=FETCHED, language="hr") == datetime(2026, 10, 24, tzinfo=UTC)  # fmt: skip
    assert read_stated_instant(text, fetched_at=FETCHED, language="pl") == DAY


def test_the_month_is_read_first_where_the_date_would_otherwise_lie_ahead() -> None:
    assert read_stated_instant("11/12/2026", fetched_at=FETCHED) == datetime(2026, 11, 12, tzinfo=UTC)  # fmt: skip
    assert read_stated_instant("05/11/2026", fetched_at=FETCHED) == datetime(2026, 11, 5, tzinfo=UTC)  # fmt: skip


@pytest.mark.parametrize("text", ["2026-11-26T09:00:00Z", "2026-11-27", "2027-06-01", "Fri, 27 Nov 2026 10:00:00 GMT"])  # fmt: skip
def test_a_date_ahead_is_read_as_now(text: str) -> None:
    assert read_stated_instant(text, fetched_at=FETCHED) == FETCHED


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-11", "November 2026", "24 Nov", "22:57", "2028-03-01", "1989-12-31", "0001-01-01T00:00:00Z",
     "2026-13-45", "Tue, 31 Feb 2026 10:00:00 GMT", "yesterday", "n/a", "0", "-1", "99999999999999999999", "\ud800 24"],
)  # fmt: skip
def test_an_implausible_date_is_refused(text: str) -> None:
    assert read_stated_instant(text, fetched_at=FETCHED) is None


def test_24_o_clock_is_read_as_midnight_of_the_next_day() -> None:
    read = read_stated_instant("2026-11-24T24:00:00", fetched_at=FETCHED)

    assert read == datetime(2026, 11, 25, tzinfo=UTC)


def test_feeds_sitemaps_and_pages_read_the_same_dates() -> None:
    text = "Di, 24 Nov 2026 22:57:00 +0000"
    item = f"<item><title>A</title><link>http://x.org/a</link><pubDate>{text}</pubDate></item>"
    feed = (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{item}</channel></rss>'
    )
    sitemap = f"<urlset><url><loc>http://x.org/a</loc><lastmod>{text}</lastmod></url></urlset>"
    page = with_head(f'<meta property="article:published_time" content="{text}">')
    json_feed = b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "http://x.org/a", "url": "http://x.org/a", "date_published": 1795561020}]}'
    facts: dict[str, Any] = {"url": "http://x.org/", "fetched_at": FETCHED}

    read = [
        parse_feed(feed.encode(), content_type="text/xml", max_entries=9, **facts)
        .entries[0]
        .stated_at,
        parse_json_feed(json_feed.decode(), max_entries=9, **facts).entries[0].stated_at,
        parse_sitemap(sitemap.encode(), max_entries=9, max_bytes=9999, **facts)
        .entries[0]
        .stated_at,
    ]
    publication_date = understand(page).publication_date

    assert read == [AT, AT, AT]
    assert publication_date is not None
    assert publication_date.precision is Precision.MINUTE


def test_a_page_dated_ahead_is_dated_now_unless_it_states_another_date() -> None:
    ahead = '<meta property="article:published_time" content="2026-12-20T10:00:00Z">'
    other = '<meta name="dc.date" content="2026-11-20T10:00:00Z">'

    alone, both = (
        understand(with_head(ahead)).publication_date,
        understand(with_head(ahead + other)).publication_date,
    )

    assert alone is not None
    assert both is not None
    assert alone.published_at == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert both.published_at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "sign", ["1", "a", "-", " ", "٢", "'", "12:", "nov ", "2026-", ".", "é", "年"]
)
def test_a_hostile_date_is_cut_before_it_is_read(sign: str) -> None:
    assert read_stated_instant(sign * 1_000_000, fetched_at=FETCHED) is None


def test_a_time_is_read_whose_numbers_were_not_padded() -> None:
    read = read_stated_date("Tue, 24 Nov 2026 8:5:3 GMT", fetched_at=FETCHED)

    assert read is not None
    assert (read.instant, read.has_time) == (DAY + timedelta(hours=8, minutes=5, seconds=3), True)


@pytest.mark.parametrize(
    "shown",
    [
        '<p>Updated <time datetime="2026-11-22T09:00Z">Wed</time>, published <time datetime="2026-11-20T22:57Z">Tue</time></p>',
        '<time class="entry-date updated" datetime="2026-11-22T09:00Z">x</time><time datetime="2026-11-20T22:57Z">y</time>',
        '<time itemprop="dateModified" datetime="2026-11-22T09:00Z">x</time><p>Of <time datetime="2026-11-20T22:57Z">y</time></p>',
        '<div class="comment-list"><time datetime="2026-11-21T09:00Z">x</time></div><time datetime="2026-11-20T22:57Z">y</time>',
        '<time class="entry-date published updated" datetime="2026-11-20T22:57Z">x</time><time datetime="2026-11-22T09:00Z">y</time>',
        '<p>Zuletzt aktualisiert: <time datetime="2026-11-20T22:57Z">x</time></p>',
    ],
    ids=["words before it", "a class", "microdata", "comments", "a class of both", "nothing but an update"],
)  # fmt: skip
def test_a_time_element_of_a_change_or_a_comment_is_no_publication(shown: str) -> None:
    read = understand(with_head("", shown)).publication_date

    assert read is not None
    assert read.published_at == datetime(2026, 11, 20, 22, 57, tzinfo=UTC)


def test_the_date_of_the_feed_comes_before_that_of_a_comment() -> None:
    comments = '<section id="comments"><time datetime="2026-11-21T09:00Z">x</time></section>'
    announced = datetime(2026, 11, 20, 22, 57, tzinfo=UTC)

    read = understand(with_head("", comments), stated_at=announced).publication_date

    assert read is not None
    assert (read.published_at, read.origin) == (announced, "feed")
