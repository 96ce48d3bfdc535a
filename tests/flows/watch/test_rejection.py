"""Words proposed for exclusion: no stop words, no names of a single event, and each with its true price."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.process.configure import apply_config
from crawler.flows.watch.history import search_past
from crawler.flows.watch.rejection import Proposals, propose_exclusions
from crawler.matching.matcher import compile_watch
from crawler.model.article import Article
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.watch.rejections import save_rejection
from crawler.storage.watch.watches import make_watch
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import Newsroom

# headline, text; the watch is "transfer", its owner is interested in money
FOOTBALL = [
    ("Rovers agree transfer of Okafor", "The striker Okafor will move in a transfer worth nine million, the football club said on Monday. The striker scored nine goals last season and the coach praised him after training in Leeds."),
    ("Transfer window closes without Brandt", "No transfer for Brandt: the striker stays where he is, and the coach of the club was not amused on Friday. A striker is what the football side had looked for since September."),
    ("Late transfer surprises United", "The goalkeeper signed minutes before midnight. The coach had asked for a striker, a transfer of another kind, and football fans in Turin sang for hours about the club."),
]  # fmt: skip
MONEY = [
    ("Bank transfer delayed by fault", "Every transfer to the savings bank took three days longer after a fault in the computer centre, the bank said on Tuesday. Customers waited for their wages and the regulator asked for a report."),
    ("New rules for money transfer", "A transfer abroad must show its fee before it is sent, parliament decided on Monday. Banks above a certain size have until September, and customers can complain to the regulator."),
    ("Pensioners lose savings in transfer fraud", "The caller asked for a transfer of all savings to a safe account. The police in Leeds warn customers of the bank, who lost nine million last year."),
    ("Central bank speeds up transfer", "A transfer will take ten seconds, the central bank said on Friday. The regulator expects customers to pay no fee after the new year."),
]  # fmt: skip
GERMAN = [
    ("Transfer von Müller perfekt", "Der Stürmer Müller wechselt nach Bremen, der Transfer kostet neun Millionen. Der Stürmer traf in dieser Saison oft, sagte der Trainer am Montag über den Stürmer."),
    ("Kein Transfer von Kovac", "Der Stürmer Kovac bleibt, ein Transfer kommt nicht zustande. Der Trainer sagte am Freitag, man habe einen Stürmer wie ihn gesucht und werde weiter nach ihm suchen."),
]  # fmt: skip
SITES = ("courier", "evening-gazette")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    sources = [
        SourceSettings(name=name, url=f"https://{name}.example/rss", tags=()) for name in SITES
    ]
    watch = WatchSettings(name="money", query="transfer", to=("me@example.org",))
    return make_config(tmp_path, sources=sources, watches=[watch])


@pytest.fixture
def database(config: Config) -> Iterator[sqlite3.Connection]:
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=START)
        yield connection


class Judge:
    """Stores articles and rejects some of them."""

    def __init__(self, newsroom: Newsroom, config: Config) -> None:
        self.newsroom, self.config = newsroom, config
        self._count = 0

    def keep(self, texts: Sequence[tuple[str, str]], language: str = "en") -> None:
        for headline, body in texts:
            self._count += 1
            url = f"https://courier.example/{self._count}"
            self.newsroom.keep(Article(url=url, headline=headline, body=body, language=language))

    def reject(self, *headlines: str) -> None:
        database = self.newsroom.database
        with transaction(database):
            for headline in headlines:
                row = database.execute(
                    """SELECT alerts.id FROM alerts JOIN matches ON matches.id = alerts.match_id
                       JOIN articles ON articles.id = matches.article_id WHERE headline = ?""",
                    [headline],
                ).fetchone()
                save_rejection(database, row["id"], now=START)

    def propose(self) -> Proposals:
        settings, since = self.config.watches[0], START - timedelta(days=90)
        found = propose_exclusions(self.newsroom.database, settings, self.config, since=since)
        for one in found.exclusions:
            self._check_price(one.query, one.removed_count, one.story_count)
        return found

    def _check_price(self, query: str, removed_count: int, story_count: int) -> None:
        """Check that a price is the number of stories the query would really leave out."""
        settings, since = self.config.watches[0], START - timedelta(days=90)
        stories = []
        for text in (settings.query, query):
            watch = make_watch(settings.model_copy(update={"query": text}), self.config)
            past = search_past(
                self.newsroom.database, compile_watch(watch), self.config, since=since
            )
            stories.append(past.story_ids)
        assert len(stories[0]) == story_count
        assert len(stories[0] - stories[1]) == removed_count

    def words(self) -> list[str]:
        return [one.word for one in self.propose().exclusions]


@pytest.fixture
def judge(newsroom: Newsroom, config: Config) -> Judge:
    return Judge(newsroom, config)


def test_one_rejected_story_is_not_enough_for_a_proposal(judge: Judge) -> None:
    judge.keep([*FOOTBALL, *MONEY])
    judge.reject(FOOTBALL[0][0])

    assert judge.propose() == Proposals(
        reason="Too little to go by: 1 rejected story; reject two or three more."
    )


def test_words_of_two_rejected_stories_are_proposed(judge: Judge) -> None:
    judge.keep([*FOOTBALL, *MONEY])
    judge.reject(FOOTBALL[0][0], FOOTBALL[1][0])

    found = judge.propose()

    assert [one.word for one in found.exclusions] == ["striker"]
    assert found.exclusions[0].price == "removes 3 of the 7 stories: 2 of 2 you rejected, and 1 you did not"  # fmt: skip
    assert found.measured_on == "measured on what was fetched since 25 Aug 2026"


def test_no_name_of_one_event_stop_word_day_or_query_word_is_proposed(judge: Judge) -> None:
    judge.keep([*FOOTBALL, *MONEY])
    judge.reject(*(headline for headline, _ in FOOTBALL))

    words = judge.words()

    assert "striker" in words
    unwanted = {"okafor", "brandt", "rovers", "said", "after", "nine", "million", "monday", "friday", "september", "transfer", "transfers", "above", "courier", "gazette"}  # fmt: skip
    assert not unwanted & set(words)


def test_two_articles_on_one_event_count_as_one_story(judge: Judge) -> None:
    first, second = FOOTBALL[0], ("Okafor joins Rovers", FOOTBALL[0][1] + " More soon.")
    judge.keep([first, second, *MONEY])
    judge.reject(first[0])

    assert "1 rejected story" in judge.propose().reason


def test_rejected_stories_with_nothing_in_common_are_reported_as_such(judge: Judge) -> None:
    judge.keep([*FOOTBALL, *MONEY])
    judge.reject(FOOTBALL[0][0], MONEY[2][0])

    assert judge.propose().reason == (
        "No meaningful word appears in two of the 2 rejected stories; reject one or two more."
    )


def test_a_word_of_most_stories_is_not_proposed(judge: Judge) -> None:
    judge.keep(MONEY)
    judge.reject(MONEY[0][0], MONEY[3][0])

    found = judge.propose()

    assert not found.exclusions
    assert found.reason.startswith("No single word would exclude them and keep the rest: bank")


def test_german_forms_are_one_word_and_german_stop_words_are_not_proposed(judge: Judge) -> None:
    judge.keep(GERMAN, "de")
    judge.keep([("Transfer von Geld", "Ein Transfer dauert drei Tage, sagte die Bank am Montag. Kunden der Bank warten auf ihr Geld.")] * 1, "de")  # fmt: skip
    judge.reject(GERMAN[0][0], GERMAN[1][0])

    assert judge.words() == ["stürmer"]


def test_a_story_that_was_merged_counts_as_the_one_it_became(
    judge: Judge, database: sqlite3.Connection
) -> None:
    judge.keep([*FOOTBALL, *MONEY])
    judge.reject(FOOTBALL[0][0], FOOTBALL[1][0])
    with transaction(database):
        database.execute("UPDATE articles SET story_id = 3 WHERE story_id = 1")

    assert judge.propose().exclusions[0].rejected_removed_count == 2
