"""What extraction must find in the first specimen page (rows A1 to A14 of its list)."""

from datetime import UTC, datetime

import pytest

from crawler.dedup.fingerprint import fingerprint_body
from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.model.article import Article, Page, Precision
from crawler.model.watch import Match
from tests.texts.seed_pages import MARKUPS, SEED, read_seed, render_seed
from tests.texts.watching import meet

pytestmark = pytest.mark.skipif(not SEED.exists(), reason="shared/seed is absent")
FETCHED_AT = datetime(
    2022, 12, 13, 6, 0, tzinfo=UTC
)  # fetched hours after the page was rendered: a cached copy


def understand(body: bytes) -> Article:
    page = Page(
        url="https://english.example.lb/essaydetails.php?eid=1",
        requested_url="https://english.example.lb/essaydetails.php?eid=1",
        body=body,
        content_type="text/html; charset=utf-8",
        fetched_at=FETCHED_AT,
        visit_id=1,
        source_id=1,
        entry_id=1,
    )
    return extract_article(page)


def match(article: Article, query: str) -> Match | None:
    return meet(query, article.headline, article.body, language=article.language)


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_body_is_exactly_its_seven_paragraphs(markup: str) -> None:
    article = understand(render_seed(markup))

    assert article.body.split("\n\n") == list(read_seed().paragraphs)
    assert len(read_seed().paragraphs) == 7


@pytest.mark.parametrize("markup", MARKUPS)
def test_the_facts_around_the_body_are_kept_apart(markup: str) -> None:
    article = understand(render_seed(markup))

    assert article.headline == read_seed().headline
    assert article.headline.endswith("\u2013 Defense Minister")
    assert article.byline is not None
    assert (article.byline.text, article.byline.is_agency) == ("Staff, Agencies", True)
    assert article.tags == ("Iran", "Russia", "ukraine", "MohammadRezaAshtiani")
    assert article.section == "Iran"
    assert article.language == "en"


@pytest.mark.parametrize("markup", MARKUPS)
def test_nine_hours_ago_counts_from_the_page_clock(markup: str) -> None:
    publication_date = understand(render_seed(markup)).publication_date

    assert publication_date is not None
    assert publication_date.published_at == datetime(2022, 12, 12, 14, 45, tzinfo=UTC)
    assert publication_date.precision is Precision.HOUR
    assert publication_date.zone == "Asia/Beirut"
    assert "9 hours ago" in publication_date.evidence
    assert "Beirut" in publication_date.evidence


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_page_rendered_an_hour_later_has_the_same_fingerprint(markup: str) -> None:
    now = understand(render_seed(markup))
    later = understand(render_seed(markup, ago="10 hours ago", clock="13-12-2022 Hour: 02:45"))

    assert fingerprint_body(later.body) == fingerprint_body(now.body)


def test_quotes_and_spaces_do_not_change_the_fingerprint() -> None:
    body = understand(render_seed("classed")).body
    other = body.replace("\u201c", '"').replace("\u201d", '"').replace(" ", "\u00a0", 3)

    assert other != body
    assert fingerprint_body(other) == fingerprint_body(body)


@pytest.mark.parametrize("markup", MARKUPS)
def test_drones_are_counted_in_headline_and_body_only(markup: str) -> None:
    article = understand(render_seed(markup))
    drone, uav, phrase = (match(article, query) for query in ("drone", "UAV", '"Iranian drones"'))

    assert drone is not None
    assert (drone.hit_count, drone.in_headline) == (7, True)
    assert drone.snippet.text in " ".join(read_seed().paragraphs)
    assert uav is not None
    assert uav.hit_count == 1
    assert phrase is not None


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    "word", ["Hezbollah", "warship", "sanction", "riot", "search", "star", "openIran", "comments"]
)
def test_words_of_the_boilerplate_do_not_match(markup: str, word: str) -> None:
    assert match(understand(render_seed(markup)), word) is None


@pytest.mark.parametrize("markup", MARKUPS)
def test_a_sibling_page_with_the_same_sidebar_does_not_match(markup: str) -> None:
    paragraphs = tuple(
        f"The bakers of the old town met for the {number} time this week and talked about flour, ovens and rent."
        for number in ("first", "second", "third")
    )
    article = understand(render_seed(markup, headline="Bakers Meet Again", paragraphs=paragraphs))

    assert article.body.split("\n\n") == list(paragraphs)
    assert match(article, "drone") is None


def test_the_loading_shell_alone_is_no_article() -> None:
    shell = b"<html><head><title>x</title></head><body><noscript>No Script</noscript><div>Please Wait...</div></body></html>"

    with pytest.raises(NotAnArticle, match="waiting"):
        understand(shell)
