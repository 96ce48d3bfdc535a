"""After a backup was put back and counted as told, nobody is mailed again, and nothing that comes later is missed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.model.article import Article, Occasion
from crawler.storage.backup.told import Pending, count_pending, mark_as_told
from crawler.storage.crawl.crawl_queue import claim_due_visits
from crawler.storage.file.database import to_text, transaction
from tests.fakes import FakeMailbox
from tests.flows.mail.test_digests import Office, open_office
from tests.newsroom import ARTICLE, BODY, make_story

MORE = "In the evening a second drone fell into the fish market, where a stall keeper found its engine still warm."
LATER = "At night a third drone was pulled from the harbour by divers who had been looking for a lost anchor."


@pytest.fixture
def office(tmp_path: Path, mailbox: FakeMailbox) -> Iterator[Office]:
    with open_office(tmp_path, mailbox, {"name": "drones"}) as opened:
        yield opened


def visit(office: Office) -> None:
    """End the visits under way, and begin the next ones a minute later."""
    now = to_text(office.clock())
    with transaction(office.database):
        office.database.execute(
            "UPDATE visits SET finished_at = ?, outcome = 'ok', lease_until = NULL WHERE finished_at IS NULL",
            [now],
        )
        office.database.execute("UPDATE sources SET next_due_at = ?", [now])
    office.clock.advance(minutes=1)
    with transaction(office.database):
        claimed = claim_due_visits(office.database, now=office.clock(), limit=10)
    office.newsroom.visits = {one.source_name: one for one in claimed}


def put_back(office: Office) -> None:
    """Count as told an hour after the backup, as when it is put back then, and begin the first visits."""
    office.clock.advance(hours=1)
    mark_as_told(office.database, now=office.clock())
    visit(office)


def mails(office: Office) -> list[str]:
    """Return the subjects of alerts that were mailed, once the daemon has sent what is due."""
    office.advance(minutes=5)
    return [subject for subject in office.subjects() if "drones" in subject]


def test_what_was_pending_is_not_sent(office: Office) -> None:
    office.newsroom.keep()
    assert count_pending(office.database).message_count == 1

    put_back(office)

    assert mails(office) == []
    assert count_pending(office.database) == Pending(message_count=0, alert_count=0, withheld_count=0, page_count=0)  # fmt: skip


def test_it_is_sent_where_nobody_says_that_it_was_told(office: Office) -> None:
    office.newsroom.keep()
    office.clock.advance(hours=1)
    visit(office)
    office.newsroom.keep(make_story(1))

    assert len(mails(office)) == 2


def test_the_first_visit_mails_nobody_and_the_next_one_does(office: Office) -> None:
    put_back(office)
    office.newsroom.keep(make_story(1))
    assert mails(office) == []
    # it is stored as an alert all the same: listings and feeds show it
    assert office.newsroom.kinds() == ["new"]

    visit(office)
    office.newsroom.keep(make_story(2))

    assert len(mails(office)) == 1


def test_a_story_of_the_first_visit_alerts_when_it_says_more(office: Office) -> None:
    put_back(office)
    office.newsroom.keep()
    visit(office)

    office.newsroom.keep(replace(ARTICLE, body=f"{BODY}\n\n{MORE}"), occasion=Occasion.REVISIT)

    assert len(mails(office)) == 1
    assert office.newsroom.kinds() == ["new", "update"]


def test_a_known_article_is_compared_once_before_its_changes_alert(office: Office) -> None:
    office.newsroom.keep()
    assert len(mails(office)) == 1
    put_back(office)

    office.newsroom.keep(replace(ARTICLE, body=f"{BODY}\n\n{MORE}"), occasion=Occasion.REVISIT)
    assert len(mails(office)) == 1
    visit(office)
    article = replace(ARTICLE, body=f"{BODY}\n\n{MORE}\n\n{LATER}")
    office.newsroom.keep(article, occasion=Occasion.REVISIT)

    assert len(mails(office)) == 2
    assert office.newsroom.kinds() == ["new", "update", "update"]


def test_another_outlets_copy_of_what_was_told_alerts_nobody(office: Office) -> None:
    put_back(office)
    office.newsroom.keep()
    visit(office)

    office.newsroom.keep(
        Article(url="https://gazette.org/z", headline="Quay crossed", body=BODY, language="en"),
        source="gazette",
    )

    assert mails(office) == []
