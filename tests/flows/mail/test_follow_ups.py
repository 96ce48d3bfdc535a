"""Follow-ups to an alert: a new headline, a page that is gone, and the thread they belong to."""

from dataclasses import replace
from pathlib import Path

import pytest

from crawler.flows.news.pages.unread_pages import fail_page
from crawler.model.visit import PageFailure
from tests.fakes import FakeMailbox, read_part
from tests.flows.mail.test_digests import Office, open_office
from tests.newsroom import ARTICLE


def lose_page(office: Office, url: str) -> None:
    """Let a revisit to an article find that its page is gone."""
    newsroom = office.newsroom
    fail_page(
        office.database,
        newsroom.visits["courier"],
        newsroom.unread(url),
        PageFailure(reason="HTTP 410", is_final=True, gone_status=410),
        rules=newsroom.rules,
        now=office.clock(),
    )
    newsroom.take_up()


def test_a_headline_changed_after_the_mail_causes_an_alert_in_its_thread(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        office.newsroom.keep()
        office.advance(hours=1)
        office.newsroom.keep(replace(ARTICLE, headline="Quay NOT crossed"))
        office.newsroom.keep(replace(ARTICLE, headline="Quay not crossed!"))
        office.advance(hours=1)

    first, second = mailbox.messages
    assert str(second["Subject"]).strip() == "drones (new headline): Quay NOT crossed"
    assert "The headline changed after we mailed you. It was: Quay crossed" in " ".join(
        read_part(second).split()
    )
    assert "{+NOT+}" in read_part(second)
    assert second["In-Reply-To"] == first["Message-ID"]
    assert str(second["References"]).split() == [first["References"], first["Message-ID"]]


def test_a_page_that_is_gone_causes_one_alert(tmp_path: Path, mailbox: FakeMailbox) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        office.newsroom.keep()
        office.advance(hours=1)
        for _ in range(3):
            lose_page(office, ARTICLE.url)
            office.advance(hours=1)
        office.newsroom.keep()  # it came back, and went again
        lose_page(office, ARTICLE.url)
        office.advance(hours=1)

    assert [str(message["Subject"]).strip() for message in mailbox.messages] == [
        "drones: Quay crossed",
        "drones (gone): Quay crossed",
    ]
    assert "it now answers 410" in " ".join(read_part(mailbox.messages[1]).split())


@pytest.mark.parametrize("setting", [{"on_revision": "never"}, {"alert": "none"}])
def test_a_watch_without_revisions_causes_no_follow_ups(
    tmp_path: Path, mailbox: FakeMailbox, setting: dict[str, str]
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones", **setting}) as office:
        office.newsroom.keep()
        office.advance(hours=1)
        count = len(mailbox.messages)
        office.newsroom.keep(replace(ARTICLE, headline="Quay NOT crossed"))
        lose_page(office, ARTICLE.url)
        office.advance(hours=1)

    assert len(mailbox.messages) == count


def test_an_article_that_is_edited_all_day_causes_at_most_three_follow_ups(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as office:
        office.newsroom.keep()
        for number in range(8):
            office.newsroom.keep(replace(ARTICLE, headline=f"Quay crossed version {number}"))
            office.advance(hours=1)

    assert len(mailbox.messages) == 4


def test_an_article_without_an_alert_has_no_follow_ups(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, {"name": "drones", "query": "submarine"}) as office:
        office.newsroom.keep()
        office.newsroom.keep(replace(ARTICLE, headline="Another headline"))
        lose_page(office, ARTICLE.url)
        office.advance(hours=1)

    assert mailbox.messages == []
