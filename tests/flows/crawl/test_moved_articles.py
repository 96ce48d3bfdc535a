"""An article whose page redirects to a new address, as after a site moved, stays the same article."""

from dataclasses import replace

from crawler.flows.news.ingest import keep_article
from crawler.flows.process.parse_pool.understanding import sign_article
from crawler.matching.queries.expressions import label_key
from crawler.model.article import Article
from crawler.model.visit import PageOutcome
from crawler.storage.crawl.sources import get_source
from crawler.storage.watch.key_search import KeySearch, walk_found
from tests.newsroom import ARTICLE, Newsroom, make_story

NEW_HOME = ARTICLE.url.replace("courier.org", "courier-news.org")


def look_again(room: Newsroom, article: Article, *, asked_for: str = ARTICLE.url) -> PageOutcome:
    """Request an address that redirects to the article's own."""
    visit = room.visits["courier"]
    settings = room.rules.config.source_named("courier")
    assert settings is not None
    source = get_source(room.database, visit.source_id, settings, password="")
    page = replace(room.page(visit, asked_for), url=article.url)
    return keep_article(room.database, page, sign_article(article), source=source, rules=room.rules, now=room.clock())  # fmt: skip


def addresses(room: Newsroom) -> list[str]:
    return [row[0] for row in room.database.execute("SELECT url FROM articles ORDER BY id")]


def test_an_article_moves_with_its_site(newsroom: Newsroom) -> None:
    newsroom.keep()

    outcome = look_again(newsroom, replace(ARTICLE, url=NEW_HOME))

    assert outcome is PageOutcome.SEEN
    assert addresses(newsroom) == [NEW_HOME]
    assert newsroom.kinds() == ["new"]


def test_a_moved_article_answers_to_its_present_host(newsroom: Newsroom) -> None:
    newsroom.keep()

    look_again(newsroom, replace(ARTICLE, url=NEW_HOME))

    asked = {
        host: tuple(walk_found(newsroom.database, KeySearch(keys=f'"{label_key("source", host)}"')))
        for host in ("courier-news.org", "courier.org")
    }
    assert asked == {"courier-news.org": (1,), "courier.org": ()}


def test_what_changed_on_the_way_is_a_revision(newsroom: Newsroom) -> None:
    newsroom.keep()
    more = f"{ARTICLE.body} A second swarm of drones came back in the night and stayed for an hour."

    outcome = look_again(newsroom, replace(ARTICLE, url=NEW_HOME, body=more))

    assert outcome is PageOutcome.REVISED
    assert addresses(newsroom) == [NEW_HOME]


def test_another_text_at_the_end_of_a_redirect_is_another_article(newsroom: Newsroom) -> None:
    newsroom.keep()

    look_again(newsroom, replace(make_story(7), url=NEW_HOME))

    assert addresses(newsroom) == [ARTICLE.url, NEW_HOME]


def test_an_address_that_always_redirected_moves_nothing(newsroom: Newsroom) -> None:
    newsroom.keep()

    look_again(newsroom, ARTICLE, asked_for="https://courier.org/url?q=1")

    assert addresses(newsroom) == [ARTICLE.url]
