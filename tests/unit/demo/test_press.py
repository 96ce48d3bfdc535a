"""The pages of the bundled newspaper, as Watchword's own extraction understands them."""

from datetime import datetime, timedelta

import pytest

from crawler.dedup.fingerprint import fingerprint_body
from crawler.errors import NotAnArticle
from crawler.extract.article import extract_article
from crawler.model.article import Article, Page
from tests.fakes import START
from watchword.demo.press import Press, Story, write_ago

BASE = "http://paper.example"
ARTICLE_COUNT = 12
DRONES, COPY = "no-proof-of-survey-drones", "secretary-asks-for-evidence"


@pytest.fixture
def press() -> Press:
    return Press(opened_at=START)


def articles(press: Press, *, now: datetime) -> list[Story]:
    return [
        story
        for outlet in press.outlets
        for story in press.stories(outlet, now=now)
        if story.markup not in {"shell", "missing"}
    ]


def find(press: Press, slug: str, *, now: datetime = START) -> Story:
    found = [press.find(outlet, slug, now=now) for outlet in press.outlets]
    return next(story for story in found if story is not None)


def read(press: Press, story: Story, *, now: datetime = START) -> Article:
    url = f"{BASE}/news/{story.slug}.html"
    return extract_article(
        Page(
            url=url,
            requested_url=url,
            body=press.print_page(story, base=BASE, now=now).encode(),
            content_type="text/html; charset=utf-8",
            fetched_at=now,
            visit_id=1,
            source_id=1,
            entry_id=1,
        )
    )


def with_plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("seconds", [0, 60])
def test_every_article_is_extracted_as_its_paragraphs(press: Press, seconds: float) -> None:
    now = START + timedelta(seconds=seconds)

    stories = articles(press, now=now)
    read_ones = [read(press, story, now=now) for story in stories]

    assert len(stories) == (ARTICLE_COUNT if seconds else ARTICLE_COUNT - 1)
    for story, article in zip(stories, read_ones, strict=True):
        paragraphs = [with_plain_spaces(text) for text in press.paragraphs(story, now=now)]
        assert with_plain_spaces(article.body).split("\n\n") == paragraphs
        assert (article.headline, article.language) == (story.headline, story.language)


def test_every_markup_is_in_use(press: Press) -> None:
    assert {story.markup for story in articles(press, now=START)} == {
        "classed",
        "plain",
        "breaks",
        "semantic",
    }


def test_the_loading_shell_is_no_article(press: Press) -> None:
    with pytest.raises(NotAnArticle):
        read(press, find(press, "live-ticker"))


def test_an_agency_copy_has_the_same_body_under_another_headline(press: Press) -> None:
    first, copy = read(press, find(press, DRONES)), read(press, find(press, COPY))

    assert len(first.body.split("\n\n")) == 7
    assert first.body != copy.body  # quotes are set differently, as in reality
    assert fingerprint_body(first.body) == fingerprint_body(copy.body)
    assert first.headline != copy.headline


def test_the_sibling_page_says_drones_only_in_its_sidebar(press: Press) -> None:
    story = find(press, "eel-season")

    page = press.print_page(story, base=BASE, now=START).lower()
    article = read(press, story)

    assert page.count("drone") >= 3
    assert "drone" not in f"{article.headline} {article.body}".lower()


def test_the_anatomy_page_is_built_like_the_pages_it_is_made_after(press: Press) -> None:
    story = find(press, DRONES)

    page = press.print_page(story, base=BASE, now=START)

    # in the title, twice at the top, and once more in its own sidebar
    assert page.count(f">{story.headline}<") == 4
    assert "– Transport Secretary" in story.headline
    assert "Ilda\u00a0Marrow" in page
    for words in (
        "date 2026-11-23",
        "No Script",
        "Please Wait...",
        "folder_open</i>Coast",
        "star</i>Add to favorites",
        "9 hours ago",
        "By Staff, Agencies",
        "Last Update: 23-11-2026 Hour: 10:00 Lisbon Timing",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("slug", "says_drones"), [("ferry-timetable", True), ("library-hours", False)]
)
def test_only_the_ferry_article_gains_the_word_by_its_edit(
    press: Press, slug: str, says_drones: bool
) -> None:
    story, later = find(press, slug), START + timedelta(seconds=60)

    before, after = read(press, story), read(press, story, now=later)

    added = after.body.removeprefix(before.body)
    assert after.body.startswith(before.body)
    assert added.strip()
    assert ("drone" in before.body, "drone" in added) == (False, says_drones)


@pytest.mark.parametrize("opened_at", ["2027-01-01T00:05+00:00", "2031-07-15T23:59:59.9+00:00"])
def test_every_date_is_recent_whenever_the_newspaper_starts(opened_at: str) -> None:
    now = datetime.fromisoformat(opened_at)
    press = Press(opened_at=now)

    publication_dates = [
        read(press, story, now=now).publication_date for story in articles(press, now=now)
    ]

    for publication_date in publication_dates:
        assert publication_date is not None
        assert timedelta(0) <= now - publication_date.published_at < timedelta(days=1)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "one minute ago"),
        (59, "59 minutes ago"),
        (60, "one hour ago"),
        (545, "9 hours ago"),
        (1440, "one day ago"),
        (4000, "2 days ago"),
    ],
)
def test_an_age_is_written_as_sites_write_it(minutes: int, words: str) -> None:
    assert write_ago(timedelta(minutes=minutes)) == words
