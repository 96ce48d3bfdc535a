from datetime import UTC, datetime

import pytest

from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.model.article import Article, Confidence, Page, PageEntry, Precision
from crawler.model.source import PageSettings
from tests.fakes import START, article_page

PROSE = "The ferry left the quay at noon with forty people on board, and nobody on the shore could say why it was late."


def understand(
    body: bytes,
    *,
    content_type: str = "text/html",
    url: str = "https://x.org/a",
    stated_at: datetime | None = None,
    timezone: str = "UTC",
) -> Article:
    return extract_article(
        Page(
            url=url,
            requested_url=url,
            body=body,
            content_type=content_type,
            fetched_at=START,
            visit_id=1,
            source_id=1,
            entry_id=1,
            entry=PageEntry(stated_at=stated_at),
            settings=PageSettings(timezone=timezone),
        )
    )


def with_head(head: str, after_headline: str = "") -> bytes:
    page = article_page("Ferry Leaves Late", *(f"{n}: {PROSE}" for n in "abc")).decode()
    return (
        page.replace("</head>", f"{head}</head>")
        .replace("</h1>", f"</h1>{after_headline}")
        .encode()
    )


def test_machine_readable_dates_keep_their_zone() -> None:
    ld = '<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","datePublished":"2026-11-23T09:30:00+0200","author":{"@id":"#p"}},{"@id":"#p","name":"Ann Lee"}]}</script>'

    article = understand(with_head(ld))

    assert article.publication_date is not None
    assert article.publication_date.published_at == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    assert (article.publication_date.zone, article.publication_date.origin) == ("+02:00", "json-ld")
    assert article.byline is not None
    assert article.byline.text == "Ann Lee"


def test_a_date_without_time_is_a_day_in_the_zone_of_the_source() -> None:
    head = '<meta property="article:published_time" content="2026-11-20">'

    article = understand(with_head(head), timezone="Asia/Tokyo")

    assert article.publication_date is not None
    assert article.publication_date.precision is Precision.DAY
    assert article.publication_date.published_at == datetime(2026, 11, 19, 15, 0, tzinfo=UTC)


def test_a_date_in_the_future_is_not_believed() -> None:
    head = '<meta property="article:published_time" content="2999-01-01T00:00:00Z">'

    article = understand(with_head(head), stated_at=START)

    assert article.publication_date is not None
    assert article.publication_date.origin == "feed"


def test_a_day_first_date_is_not_read_month_first() -> None:
    head = '<meta name="pubdate" content="05-11-2026 08:00">'

    article = understand(with_head(head))

    assert article.publication_date is not None
    assert article.publication_date.published_at == datetime(2026, 11, 5, 8, 0, tzinfo=UTC)


def test_a_copyright_year_is_not_a_publication_date() -> None:
    page = with_head("").replace(b"</body>", b"<footer>Copyright 2022</footer></body>")

    publication_date = understand(page).publication_date

    assert publication_date is None or publication_date.published_at.year != 2022


def test_a_relative_time_counts_from_the_fetch_without_a_page_clock() -> None:
    article = understand(with_head("", after_headline="<p>35 minutes ago</p>"))

    assert article.publication_date is not None
    assert article.publication_date.published_at == datetime(2026, 11, 23, 9, 25, tzinfo=UTC)
    assert article.publication_date.confidence is Confidence.DERIVED


def test_a_canonical_link_counts_on_the_same_site_only() -> None:
    own = understand(with_head('<link rel="canonical" href="https://www.x.org/b?utm_source=y">'))
    foreign = understand(with_head('<link rel="canonical" href="https://evil.example/b">'))
    home = understand(with_head('<link rel="canonical" href="https://x.org/">'))

    assert own.url == "https://www.x.org/b"
    assert foreign.url == "https://x.org/a"
    assert home.url == "https://x.org/a"


def test_a_site_name_is_cut_from_a_title_and_nothing_else() -> None:
    page = (
        f"<html><head><title>Ferry late \u2013 Minister | The Paper</title>"
        f'<meta property="og:site_name" content="The Paper"></head><body><p>{PROSE * 3}</p></body></html>'
    )

    assert understand(page.encode()).headline == "Ferry late \u2013 Minister"


def test_a_claim_of_language_must_fit_the_script() -> None:
    russian = "\u0412 \u0433\u043e\u0440\u043e\u0434\u0435 \u043e\u0442\u043a\u0440\u044b\u043b\u0438 \u043d\u043e\u0432\u044b\u0439 \u043c\u043e\u0441\u0442 \u0447\u0435\u0440\u0435\u0437 \u0440\u0435\u043a\u0443, \u0438 \u043d\u0430 \u043f\u0440\u0430\u0437\u0434\u043d\u0438\u043a \u043f\u0440\u0438\u0448\u043b\u043e \u043c\u043d\u043e\u0433\u043e \u043b\u044e\u0434\u0435\u0439. "
    page = article_page(
        "\u041d\u043e\u0432\u044b\u0439 \u043c\u043e\u0441\u0442 \u043e\u0442\u043a\u0440\u044b\u0442",
        *(f"{n} {russian}" for n in range(3)),
    )

    assert understand(page).language == "ru"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"<html><body><p>Too short.</p></body></html>", "no article text"),
        (
            b"<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>",
            "robot check",
        ),
    ],
)
def test_a_page_without_article_is_refused_with_a_reason(body: bytes, words: str) -> None:
    with pytest.raises(NotAnArticle, match=words):
        understand(body)


def test_a_picture_is_not_a_web_page() -> None:
    with pytest.raises(NotAnArticle, match="image/png"):
        understand(b"\x89PNG", content_type="image/png")


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 300 + PROSE.encode() * 5 + b"</div>" * 300,
        b"<div>" * 100_000 + PROSE.encode() + b"</div>" * 100_000,
        b"<p>" + b"\x00" * 100 + PROSE.encode() * 3,
        b"\xff\xfe" + ("<html><h1>A b c</h1><p>" + PROSE * 4).encode("utf-16-le"),
        b"<html><head><script type='application/ld+json'>{broken</script></head><body>x",
        bytes(range(256)) * 50,
    ],
    ids=["300 deep", "100000 deep", "nul", "utf-16", "broken json", "noise"],
)
def test_a_hostile_page_is_read_or_refused_with_a_reason(body: bytes) -> None:
    try:
        article = understand(body)
    except NotAnArticle as refusal:
        assert refusal.reason
    else:
        assert article.body


def test_an_english_headline_for_search_engines_does_not_decide_the_language() -> None:
    gujarati = "વડોદરા શહેરમાં ગઈકાલે મોડી રાતે નવો પુલ ખુલ્લો મુકાયો અને હજારો લોકો ઉત્સવમાં જોડાયા હતા, એમ મેયરે કહ્યું. "
    page = article_page(
        "Chhetu Patel, a resident of the United States, opened the new bridge in Vadodara yesterday, says the mayor",
        *(f"{n} {gujarati}" for n in range(5)),
    ).replace(b"<html", b'<html lang="en_IN"', 1)

    assert understand(page).language == "gu"
