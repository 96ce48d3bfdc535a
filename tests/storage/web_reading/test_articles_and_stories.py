"""What the pages of articles and stories read: members, texts, neighbours and discoveries, also of merged and withdrawn ones."""

from dataclasses import replace

from crawler.storage.file.database import transaction
from crawler.storage.news.stories import merge_stories
from crawler.storage.web_reading.articles import (
    find_article_page,
    find_discovery,
    list_matches_of,
    list_neighbours,
    list_others_of,
    list_texts_of,
)
from crawler.storage.web_reading.cards import list_cards
from crawler.storage.web_reading.stories import (
    list_story_alerts,
    list_story_edits,
    list_tellings,
    map_bodies,
)
from tests.fakes import START
from tests.newsroom import ARTICLE, BODY, Newsroom, make_story

COPY = replace(ARTICLE, url="https://gazette.org/b", headline="A copy")
EDITED = replace(ARTICLE, body=BODY.replace("pilot", "keeper"))


def test_a_card_is_of_the_first_telling_and_counts_outlets_and_edits(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(minutes=5)
    newsroom.keep(COPY, source="gazette")
    newsroom.keep(EDITED)
    newsroom.keep(make_story(2, word="boat"))

    cards = list_cards(newsroom.database, [2, 1, 99], reader="")

    assert [card.story_id for card in cards] == [2, 1]
    boat, quay = cards
    assert (boat.said, boat.watches, boat.matched_at) == (None, (), None)
    assert (quay.headline, quay.first_source) == ("Quay crossed", "courier")
    assert (quay.outlet_count, quay.edit_count, quay.watches) == (2, 1, ("drones",))
    assert quay.said is not None
    assert [quay.said.text[start:end] for start, end in quay.said.marks] == ["drones"]


def test_a_story_whose_articles_were_all_withdrawn_has_no_card(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.database.execute("UPDATE articles SET withdrawn_at = first_seen_at")

    assert list_cards(newsroom.database, [1], reader="owner") == ()
    assert list_tellings(newsroom.database, 1, limit=9) == ()


def test_tellings_are_in_the_order_of_publication_not_of_reading(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.clock.advance(minutes=5)
    newsroom.keep(COPY, source="gazette")
    newsroom.database.execute(
        "UPDATE articles SET published_at = '2020-01-01T00:00:00.000Z', published_precision = 'minute' WHERE id = 2"
    )

    tellings = list_tellings(newsroom.database, 1, limit=9)

    assert [one.source for one in tellings] == ["gazette", "courier"]
    assert list_cards(newsroom.database, [1], reader="")[0].first_source == "gazette"
    assert [one.article_id for one in list_tellings(newsroom.database, 1, limit=1)] == [2]
    assert map_bodies(newsroom.database, [1, 2]) == {1: BODY, 2: BODY}


def test_texts_of_an_article_are_the_last_ones_in_their_order(newsroom: Newsroom) -> None:
    newsroom.keep()
    newsroom.keep(EDITED)
    newsroom.keep(replace(ARTICLE, body=BODY.replace("pilot", "ferryman")))

    texts = list_texts_of(newsroom.database, 1, limit=2)
    edits = list_story_edits(newsroom.database, 1, limit=9)

    assert [("keeper" in one.body, "ferryman" in one.body) for one in texts] == [
        (True, False),
        (False, True),
    ]
    assert ["ferryman" in one.diff for one in edits] == [True, False]
    page = find_article_page(newsroom.database, 1)
    assert page is not None
    assert "ferryman" in page["body"]
    assert find_article_page(newsroom.database, 99) is None


def test_an_article_names_its_copies_its_neighbours_and_how_it_was_found(
    newsroom: Newsroom,
) -> None:
    newsroom.keep()
    newsroom.clock.advance(minutes=5)
    newsroom.keep(COPY, source="gazette")

    others = list_others_of(newsroom.database, 1, 2)
    neighbours = list_neighbours(newsroom.database, 2, limit=5)
    found = find_discovery(newsroom.database, 1)

    assert [(row["id"], row["source"]) for row in others] == [(1, "courier")]
    assert [(one.is_earlier, one.is_member, one.relation) for one in neighbours] == [
        (True, True, "same")
    ]
    assert not list_neighbours(newsroom.database, 1, limit=5)[0].is_earlier
    assert [row["watch"] for row in list_matches_of(newsroom.database, 1)] == ["drones"]
    newsroom.database.execute("UPDATE entries SET article_id = 1 WHERE url = ?", [ARTICLE.url])
    found = find_discovery(newsroom.database, 1)
    assert found is not None
    assert found.kind == ""  # the test's entry has no endpoint
    assert find_discovery(newsroom.database, 99) is None


def test_alerts_about_a_story_stay_with_the_one_it_was_merged_into(newsroom: Newsroom) -> None:
    newsroom.keep(make_story(1))
    newsroom.keep(make_story(2))
    with transaction(newsroom.database):
        merge_stories(newsroom.database, 1, [2], reason="same words", now=START)

    alerts = list_story_alerts(newsroom.database, 1, limit=9)

    assert len(alerts) == 2
    assert {(one.watch, one.kind) for one in alerts} == {("drones", "new")}
    assert [one.recipients for one in alerts] == [(("me@example.org", "pending"),)] * 2
    assert [(one.sent_count, one.pending_count, one.dead_count) for one in alerts] == [
        (0, 1, 0)
    ] * 2
