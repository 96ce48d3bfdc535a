"""What is sent of a changed configuration makes the same configuration of the one before, and is as small as the edit."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.changes import apply_changes, list_changes
from crawler.config.schema import Config
from tests.conftest import make_config

NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8)


def source(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "url": f"https://{name}.example/", **more}


def configure(*sources: dict[str, Any], **more: Any) -> Config:
    return make_config(Path("/srv"), sources=list(sources), **more)


def send(before: Config, after: Config) -> Config:
    """Return what a process that uses ``before`` makes of the changes."""
    return apply_changes(before, json.loads(json.dumps(list_changes(before, after))))


def as_sent(config: Config) -> Config:
    """Return a configuration as a crawl process gets it in full."""
    return Config.model_validate(json.loads(json.dumps(config.for_crawl_process())))


@given(names=st.tuples(NAMES, NAMES), paused=st.tuples(*[st.sets(st.sampled_from("abcdefgh"))] * 2))
def test_changes_make_the_configuration_that_was_meant(
    names: tuple[list[str], list[str]], paused: tuple[set[str], set[str]]
) -> None:
    before, after = (
        configure(*(source(name, paused=name in still) for name in listed))
        for listed, still in zip(names, paused, strict=True)
    )

    assert send(as_sent(before), after) == as_sent(after)


def test_sections_and_every_list_are_sent() -> None:
    before = configure(
        source("a"),
        fetch={"contact": "desk@paper.example"},
        mail={"to": ["me@example.org"], "host": "mail.example", "password": "secret"},
        synonyms=[{"name": "uav", "words": ["drone", "uav"]}],
        timezone="Europe/Berlin",
    )
    after = configure(
        source("a"), mail={"to": ["you@example.org"], "password": "other"}, watches=[]
    )

    changes = list_changes(before, after)

    assert send(as_sent(before), after) == as_sent(after)
    assert "secret" not in str(changes)
    assert "other" not in str(changes)


def test_an_edit_of_one_source_is_sent_as_one_source() -> None:
    many = [source(f"s{number}") for number in range(1000)]
    edited = [*many]
    edited[500] = source("s500", tags=["coast"])

    changes = list_changes(configure(*many), configure(*edited))

    pieces = [[0, 500], source("s500", tags=["coast"]), [501, 1000]]
    assert changes == {"sections": {}, "lists": {"sources": pieces}}


def test_equal_configurations_differ_in_nothing() -> None:
    assert list_changes(configure(source("a")), configure(source("a"))) == {
        "sections": {},
        "lists": {},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sections": {}, "lists": {"sources": [[0, 3]]}},
        {"sections": {}, "lists": {"sources": [[-1, 1]]}},
        {"sections": {}, "lists": {"sources": [[0, 1, 2]]}},
        {"sections": {}, "lists": {"sources": [[0, 1], {"name": "b"}]}},
        {"sections": {}, "lists": {"channels": [[0, 1]]}},
        {"sections": {"fetch": {"nonsense": 1}}, "lists": {"sources": []}},
        {"sections": {"nonsense": {}}, "lists": {}},
    ],
)
def test_damaged_changes_are_refused_as_a_whole(changes: dict[str, Any]) -> None:
    before = configure(source("a"), source("c"))

    with pytest.raises((ValueError, TypeError, KeyError)):
        apply_changes(before, changes)

    assert before == configure(source("a"), source("c"))
