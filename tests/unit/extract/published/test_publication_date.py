"""Which of the dates on a page is the article's."""

from datetime import date

import pytest

from crawler.extract.published.address_days import find_address_day
from crawler.model.article import PublicationDate
from tests.unit.extract.test_article import PROSE, understand, with_head

TICKER = '<ul class="ticker">{}</ul>'.format(
    "".join(f'<li><time datetime="2026-11-1{n}">1{n} Nov</time> A story</li>' for n in "0123")
)
PUBLISHED = '<meta property="article:published_time" content="2026-11-20T10:00:00Z">'


def day_of(found: PublicationDate | None) -> str | None:
    return None if found is None else f"{found.published_at.date()} {found.origin}"


@pytest.mark.parametrize(
    ("head", "below", "day"),
    [
        # <time> elements
        ("", f'{TICKER}<div><time datetime="2026-11-20">20 Nov</time></div>', "2026-11-20 time"),
        ("", TICKER, None),
        ("", '<a href="/b"><time datetime="2026-11-10"></time> Another story of the harbour and its boats</a>', None),
        # a list of the newest articles that has this one, too
        ("", '<a href="/a"><time datetime="2026-11-20"></time> This story of the harbour and its boats</a>', "2026-11-20 time"),
        ("", '<blockquote><time datetime="2019-06-01">June 1</time> they wrote</blockquote>', None),
        ("", '<aside><time datetime="2026-11-20"></time></aside>', "2026-11-20 time"),
        ("", '<div class="comments"><time datetime="2026-11-10"></time></div>', None),
        ("", '<p>updated <time datetime="2026-11-21"></time></p><p><time datetime="2026-11-20"></time></p>', "2026-11-20 time"),
        ("", '<time datetime="2026-11-10"></time><time datetime="2026-11-20" itemprop="datePublished"></time>', "2026-11-20 microdata"),
        # microdata against the page's own tags
        (PUBLISHED, '<i itemprop="datePublished" content="2026-11-03"></i><i itemprop="datePublished" content="2026-11-04"></i>', "2026-11-20 meta"),
        (PUBLISHED, '<i itemprop="datePublished" content="2026-11-19"></i>', "2026-11-19 microdata"),
        ("", '<i itemprop="datePublished" content="2026-11-03"></i><i itemprop="datePublished" content="2026-11-04"></i>', "2026-11-03 microdata"),
        # words
        ("", "<p>Published: 20 November 2026</p>", "2026-11-20 text"),
        ("", "<p>Ver\u00f6ffentlicht am 20. November 2026</p>", "2026-11-20 text"),
        ("", "<p>20 November 2026, updated 23 November 2026</p>", "2026-11-20 text"),
        ("", "<p>updated 23 November 2026</p>", None),
        ("", "<p>Publicado el 20 de noviembre de 2026</p>", "2026-11-20 text"),
        ("", f"<p>{PROSE} A report published on 1 June 2019 says so, and it names both. {PROSE}</p>", None),
        ("", "<blockquote>A letter dated June 1, 2019 says so.</blockquote>", None),
    ],
)  # fmt: skip
def test_the_date_of_the_article_is_told_from_those_around_it(
    head: str, below: str, day: str | None
) -> None:
    filler = "".join(f"<p>{n} {PROSE}</p>" for n in ("First", "Then", "Next")) * 2

    found = understand(with_head(head, below + filler)).publication_date

    assert day_of(found) == day


@pytest.mark.parametrize(
    ("head", "below", "day"),
    [
        ("", "", "2026-11-20 address"),
        ("", '<p>3 June 2019</p>', "2026-11-20 address"),
        ("", '<div><time datetime="2026-11-03"></time></div>', "2026-11-20 address"),
        ("", '<div><time datetime="2026-11-21T01:00:00Z"></time></div>', "2026-11-21 time"),
        # published anew under its old address
        (PUBLISHED.replace("11-20", "11-23"), "", "2026-11-23 meta"),
        (PUBLISHED.replace("11-20", "11-03"), '<div><time datetime="2026-11-20"></time></div>', "2026-11-20 time"),
    ],
)  # fmt: skip
def test_a_day_in_the_address_demotes_a_date_that_contradicts_it(
    head: str, below: str, day: str
) -> None:
    url = "https://x.org/news/2026/nov/20/ferry"

    found = understand(with_head(head, below), url=url).publication_date

    assert day_of(found) == day


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("/2026/11/20/ferry", date(2026, 11, 20)),
        ("/news/2026/nov/20/ferry", date(2026, 11, 20)),
        ("/2026-11-20/ferry.html", date(2026, 11, 20)),
        ("/2026-11-20-ferry", date(2026, 11, 20)),
        ("/20261120/ferry", date(2026, 11, 20)),
        ("/a/2026_11_20.html", date(2026, 11, 20)),
        ("/2026/11/ferry", None),
        ("/ferry-20261120", None),
        ("/2026/13/40/ferry", None),
        ("/20261/ferry", None),
        ("/ferry?d=2026/11/20", None),
    ],
)
def test_a_day_is_read_from_whole_parts_of_the_path(path: str, day: date | None) -> None:
    found = find_address_day(f"https://x.org{path}")

    assert (found and found[0]) == day
