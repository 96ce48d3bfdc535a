"""Section pages of councils and agencies: which of their links are articles."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import NotAFeed
from crawler.extract.navigation.listing import ListingHints, read_listing
from crawler.model.source import Listing
from tests.fakes import FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

NOW = datetime(2026, 11, 26, tzinfo=UTC)
TEXTS = (
    "Council votes on the new ferry pier this week",
    "Road works begin at the station on Monday",
    "Library opens an hour later from December on",
)
MENU = (
    "<header><nav><a href='/'>Home</a><a href='/services/pay-your-council-tax'>Pay your council tax</a>"
    "<a href='/services/apply-for-a-permit'>Apply for a permit</a><a href='/services/report-a-missed-bin'>Report a bin</a>"
    "</nav></header>"
)


def page(body: str, head: str = "") -> bytes:
    foot = "<footer><a href='/imprint'>Imprint</a></footer>"
    return (
        f"<!doctype html><html><head>{head}</head><body>{MENU}{body}{foot}</body></html>".encode()
    )


def read(body: bytes, **hints: object) -> Listing:
    known = ListingHints(**hints)  # type: ignore[arg-type]  # test facts
    return read_listing(body, url="https://x.org/news/", max_entries=500, now=NOW, hints=known)


def each(pattern: str) -> str:
    """Return a pattern filled in for each of the texts: {n} its number, {t} its text, {s} its slug."""
    return "".join(
        pattern.format(n=number, t=text, s=text.lower().replace(" ", "-"))
        for number, text in enumerate(TEXTS, start=1)
    )


@pytest.mark.parametrize(
    "body",
    [
        "<table>" + each("<tr><td>2{n}.11.2026</td><td>{t}</td><td><a href='/d.aspx?id={n}'>Details</a></td></tr>") + "</table>",
        "<table>" + each("<tr><td><a href='/d.aspx?id={n}'>2{n}.11.2026</a></td><td>{t}</td></tr>") + "</table>",
        "<dl>" + each("<dt>{t}</dt><dd>Text <a href='/n/{n}2345'>mehr</a></dd>") + "</dl>",
        each("<a href='/artikel/{n}4711'><img alt=''><h3>{t}</h3><p>A teaser that says something.</p></a>"),
        "<div>" + each("<a href='/artikel/{n}4711'><img></a><h3>{t}</h3>") + "</div>",
        "<div>" + each("<h3>{t}</h3><p>Teaser. <a href='/artikel/{n}4711'>\u7d9a\u304d</a></p>") + "</div>",
        each("<article><h2>{t}</h2><a href='/tag/ferry-and-pier'>ferry</a><a href='/artikel/{n}4711'>...</a></article>"),
        "<form>" + each("<h3><a href='News.aspx?id={n}'>{t}</a></h3>") + "</form>",
        "<ul>" + each("<li><a href='/news{n}.html'>{t}</a>") + "</ul>",
        "<ul>" + each("<li><a href='/news/{n}'>{t}</a>") + "</ul>",
        "<aside>" + each("<h3><a href='/news/{s}'>{t}</a></h3>") + "</aside>",
        each("<h3><a href='/news/{s}'>{t}</a></h3><a href='/news/{s}?share=x'>Click to share this on X</a>"),
        "<div>" + each("<b>{t}</b><br>Some text.<br><a href='/artikel/{n}4711'>Read on</a><hr>") + "</div>",
        "<ul>" + each("<li><a href='/docs/{s}.pdf'>{t}</a>") + "</ul>",
        "<footer><ul>" + each("<li><h3><a href='/n/2026/11/{n}-news'>{t}</a></h3>") + "</ul></footer>",
        "<ul><li><a href='/node/1111'>Jobs</a><li><a href='/node/1112'>Visit</a><li><a href='/node/1113'>Tax</a></ul>"
        + each("<h3><a href='/node/{n}712'>{t}</a></h3>"),
    ],
)  # fmt: skip
def test_news_is_found_with_its_headlines(body: str) -> None:
    assert [entry.title for entry in read(page(body)).entries] == list(TEXTS)


@pytest.mark.parametrize(
    "pattern",
    [
        "<a href='/calendar/2026/12/{d:02d}'>Events of the day number {d} of this month</a>",
        "<a href='/calendar?date=2026-12-{d:02d}'>{d}</a>",
        "<a href='/cal.php?day={d}&month=12&year=2026'>Show all events of December {d}, 2026</a>",
        "<a href='/events/2026/12/{d:02d}/market-on-square-{d}'>Christmas market at the old square {d}</a>",
        "<a href='/archive/20{d}/11'>All articles of November in 20{d}</a>",
        "<a href='/news/page-{d}'>{d}</a>",
        "<a href='/thema/hafen-und-meer-{d}'>Hafen</a>",
    ],
)
def test_calendars_archives_and_tag_clouds_are_not_news(pattern: str) -> None:
    crowd = "".join(pattern.format(d=day) for day in range(10, 29))
    news = each("<h3><a href='/news/{s}'>{t}</a></h3>")

    assert len(read(page(news + crowd)).entries) == 3


def test_one_or_two_headlines_are_enough_for_a_list() -> None:
    for count in (1, 2):
        news = "".join(
            f"<h2><a href='/news/{n}-of-the-day'>{t}</a></h2>" for n, t in enumerate(TEXTS[:count])
        )

        assert len(read(page(news)).entries) == count


def test_short_names_with_numbers_are_news_where_there_is_nothing_else() -> None:
    names = ("Pier vote", "Road works", "Drone found")
    news = "".join(f"<li><a href='/n/bulletin-{n}'>{t}</a>" for n, t in enumerate(names))

    assert len(read(page(news)).entries) == 3


def test_files_beside_news_are_ignored_as_downloads() -> None:
    files = "".join(
        f"<a href='/files/{n}-price-list-of-the-port.pdf'>Price list of the port in {n}</a>"
        for n in range(9)
    )

    assert len(read(page(each("<h3><a href='/news/{s}'>{t}</a></h3>") + files)).entries) == 3


def test_a_menu_alone_is_not_a_list() -> None:
    with pytest.raises(NotAFeed, match="no group of links"):
        read(page("<p>The list is written by a script.</p>"))


def test_a_redesigned_page_is_learned_anew() -> None:
    learned = read(page(each("<h3><a href='/news/{s}'>{t}</a></h3>"))).pattern
    menu = "".join(f"<a href='/hilfe/hilfe-und-kontakt-{n}'>Hilfe</a>" for n in range(5))

    found = read(page(each("<h3><a href='/a/2026/{n}4711.html'>{t}</a></h3>") + menu), pattern=learned)  # fmt: skip

    assert [entry.title for entry in found.entries] == list(TEXTS)


def test_addresses_in_other_scripts_are_kept_as_written() -> None:
    text = "\u6e2f\u3067\u7121\u4eba\u6a5f\u304c\u898b\u3064\u304b\u308b"
    body = "".join(f"<li><a href='/n/{text}{n}'>{text}{n}</a>" for n in range(3))

    assert read(page(body)).entries[0].url == f"https://x.org/n/{text}0"


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 20_000 + "<a href='/n/12345'>x</a>",
        "<a href='/n/12345'>" * 20_000,
        "<form><a href='/n/12345'>x</a>" * 9000,
        "<h2>" * 20_000 + "<a href='/n/12345'></a>",
    ],
)
def test_a_hostile_page_is_read_in_time(body: str) -> None:
    with pytest.raises(NotAFeed):
        read(body.encode())


async def test_links_on_a_page_with_a_base_element_are_resolved_against_it(
    site: FakeSite, tmp_path: Path
) -> None:
    head = f"<base href='{site.url}/deep/'>"
    links = each("<h3><a href='{s}.html'>{t}</a></h3>")
    site.pages["/l"] = Reply(page(links, head))
    site.put_article("/deep/drones-over-the-mole.html?utm_source=l", "Drones", PROSE, DRONES)
    config = configure(tmp_path, settings(f"{site.url}/l", kind="section", backfill="0s"))
    await crawl(config)
    new = "<h3><a href='drones-over-the-mole.html?utm_source=l'>Drones over the mole again</a></h3>"
    site.pages["/l"] = Reply(page(new + links, head))

    await crawl(config)

    assert rows(config, "SELECT url FROM articles") == [
        (f"{site.url}/deep/drones-over-the-mole.html",)
    ]
    assert site.paths()[-1] == "/deep/drones-over-the-mole.html?utm_source=l"
