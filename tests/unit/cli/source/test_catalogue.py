"""The starter catalogue: its shape, the command that lists and visits it, and adding a source by its name."""

import json
import re
import tomllib
from collections import Counter
from datetime import date
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from crawler.config.load import load_config
from crawler.text.web.urls import article_key
from tests.unit.cli.source.test_source_cli import Shell
from watchword.cli.source.catalogue import find_feed, pick_feeds, read_catalogue, read_pick
from watchword.cli.source.source_opml import check_settings

FILE = files("seeds") / "catalogue" / "feeds.toml"
# whoever passes feeds on under an address of his own can stop doing so, or change them
PASSED_ON = re.compile(
    r"feedburner|feedsportal|news\.google|rsshub|rss\.app|fivefilters|feedly|/proxy"
)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_the_catalogue_has_hundreds_of_feeds_in_many_languages_and_subjects() -> None:
    feeds = read_catalogue()

    languages = Counter(feed.language for feed in feeds)
    assert len(feeds) >= 250
    assert len(languages) >= 30
    # no language swallows the rest
    assert max(languages.values()) <= len(feeds) / 2
    assert len({feed.subject for feed in feeds}) >= 10
    assert len({feed.country for feed in feeds}) >= 50


def test_names_and_addresses_of_the_catalogue_are_unique_and_sorted() -> None:
    feeds = read_catalogue()

    assert max(Counter(feed.name for feed in feeds).values()) == 1
    assert max(Counter(article_key(feed.url) for feed in feeds).values()) == 1
    assert [*feeds] == sorted(feeds, key=lambda feed: (feed.language, feed.name))


def test_every_address_is_encrypted_and_the_publishers_own() -> None:
    for feed in read_catalogue():
        assert feed.url.startswith("https://"), feed.name
        assert not PASSED_ON.search(feed.url), feed.name
        assert "@" not in urlsplit(feed.url).netloc, feed.name


def test_every_feed_names_a_public_list_that_the_file_describes() -> None:
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    described = {table["name"] for table in tables["list"]}

    feeds = read_catalogue()

    assert {name for feed in feeds for name in feed.lists} == described
    assert all(feed.lists for feed in feeds)
    # of 2020: good as a second witness only
    assert not [feed.name for feed in feeds if feed.lists == ("newscatcher",)]
    assert sum(len(feed.lists) > 1 for feed in feeds) >= 100
    for table in tables["list"]:
        assert table["url"].startswith("https://")
        assert isinstance(table["as_of"], date)


def test_every_feed_is_a_source_as_it_stands() -> None:
    for feed in read_catalogue():
        settings = check_settings(feed.as_source())

        assert settings.name == feed.name
        assert re.fullmatch(r"[a-z0-9-]+", feed.name), feed.name
        assert re.fullmatch(r"[A-Z]{2}", feed.country), feed.name
        assert ZoneInfo(feed.timezone).key == feed.timezone


def test_the_voices_of_states_are_labelled() -> None:
    for name in ("rt", "tass", "ria-novosti", "rossiyskaya-gazeta", "irna-english", "anadolu"):
        feed = find_feed(name)

        assert feed is not None
        assert "state" in feed.note or "government" in feed.note


def test_a_pick_is_a_language_a_subject_or_both() -> None:
    assert {feed.language for feed in read_pick("de")} == {"de"}
    assert {feed.subject for feed in read_pick("en:defence")} == {"defence"}
    assert len({feed.language for feed in read_pick(":business")}) > 5
    assert read_pick("de") == pick_feeds(["de"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("xx", 'no language "xx"; it has ar, bg'),
        ("en:defense", 'no subject "defense"; did you mean "defence"?'),
        ("da:science", 'in the language "da" the catalogue has only general'),
    ],
)
def test_a_pick_of_nothing_says_what_there_is(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        read_pick(text)


def test_the_catalogue_is_listed_by_language_and_subject(shell: Shell) -> None:
    printed = json.loads(
        shell.run("source", "catalogue", "--lang", "ru", "--json").partition("\n]")[0] + "]"
    )

    assert {feed["language"] for feed in printed} == {"ru"}
    tass = next(feed for feed in printed if feed["name"] == "tass")
    assert tass["note"] == "state news agency of Russia"
    assert tass["lists"]
    assert 'has no "defense"; did you mean "defence"?' in shell.run(
        "source", "catalogue", "--subject", "defense", code=2
    )


def test_a_source_is_added_by_its_name_in_the_catalogue(shell: Shell) -> None:
    printed = shell.run("source", "add", "tass", "--untested", "--tag", "agencies")

    source = next(one for one in load_config(shell.file, environ={}).sources if one.name == "tass")
    assert "state news agency of Russia" in printed
    assert source.url == "https://tass.ru/rss/all.xml"
    assert source.language == "ru"
    assert source.tags == ("agencies",)
    assert 'is already a source: "tass"' in shell.run("source", "add", "tass", code=2)


def test_a_check_without_network_lists_every_feed_with_its_reason(shell: Shell) -> None:
    # through a proxy that is not there, so that no test asks a real publisher
    configuration = shell.file.read_text()
    shell.file.write_text(configuration.replace("[fetch]", '[fetch]\nproxy = "http://127.0.0.1:9"'))

    printed = shell.run("source", "catalogue", "--lang", "da", "--check", code=3)

    assert "1 of 1 feed could not be read" in printed
    assert "dr" in printed
