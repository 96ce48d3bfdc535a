"""Editing the configuration: comments stay, and a faulty result is undone."""

from pathlib import Path

import pytest

from crawler.config.edit import add_items, change_item, remove_item, rename_item
from crawler.config.load import load_config
from crawler.errors import ConfigFaulty
from crawler.text.source_lists.source_names import rename_in_query

TEXT = """\
# mine
timezone = "UTC" # and only mine

[[source]]
name = "a"   # first
url = "https://a.example/"

# about b
[[source]]
name = "b"
url = "https://b.example/"

[[watch]]
name = "drones"
query = "drone"
sources = ["a"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "w.toml"
    path.write_text(TEXT)
    path.chmod(0o640)
    return path


def test_a_source_is_added_after_the_others_and_everything_else_stays(file: Path) -> None:
    add_items(file, "source", [{"name": "c", "url": "https://c.example/", "tags": ["x"]}])

    text = file.read_text()
    assert [line for line in TEXT.splitlines() if line not in text] == []
    assert [source.name for source in load_config(file, environ={}).sources] == ["a", "b", "c"]
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "source",
    [
        {"name": "a", "url": "https://again.example/"},
        {"name": "c", "url": "ftp://c.example/"},
        {"name": "c", "url": "https://c.example/", "evry": "1h"},
    ],
)
def test_an_edit_that_causes_a_fault_is_undone(file: Path, source: dict[str, object]) -> None:
    with pytest.raises(ConfigFaulty):
        add_items(file, "source", [source])

    assert file.read_text() == TEXT
    assert [path.name for path in file.parent.iterdir()] == ["w.toml"]


def test_a_source_that_a_watch_names_is_not_removed(file: Path) -> None:
    with pytest.raises(ConfigFaulty, match="no source has the name"):
        remove_item(file, "source", "a")

    assert file.read_text() == TEXT


def test_a_key_is_set_and_removed_again(file: Path) -> None:
    change_item(file, "source", "a", {"paused": True})
    paused = load_config(file, environ={}).source_named("a")
    change_item(file, "source", "a", {"paused": None})

    assert paused is not None
    assert paused.paused
    assert file.read_text() == TEXT


def test_a_source_is_found_in_any_file(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.toml"
    other.write_text('[[source]]\nname = "z"\nurl = "https://z.example/"\n')

    assert change_item(tmp_path, "source", "z", {"every": "2h"}) == other
    assert remove_item(tmp_path, "source", "z") == other
    assert file.read_text() == TEXT
    with pytest.raises(LookupError):
        remove_item(tmp_path, "source", "z")


def test_a_file_that_is_not_toml_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text("[[source\n")

    with pytest.raises(ConfigFaulty, match="cannot be edited"):
        add_items(file, "source", [{"name": "c", "url": "https://c.example/"}])
    assert file.read_text() == "[[source\n"


def test_a_name_is_changed_and_everything_else_stays(file: Path) -> None:
    rename_item(file, "watch", "drones", "uav")

    assert file.read_text() == TEXT.replace('name = "drones"', 'name = "uav"')


def test_watches_in_any_file_follow_a_source_to_its_new_name(file: Path, tmp_path: Path) -> None:
    text = """[[watch]]  # mine
name = "quay"
query = 'quay -source:"a"'  # why
sources = [
  "b",
  "a", # first
]
"""
    (tmp_path / "x.toml").write_text(text)

    changed = rename_item(
        tmp_path, "source", "a", "The A", in_query=lambda one: rename_in_query(one, "a", "The A")
    )

    assert {one.name for one in changed} == {"w.toml", "x.toml"}
    assert (tmp_path / "x.toml").read_text() == text.replace('"a"', '"The A"')
    assert load_config(tmp_path, environ={}).watches[0].sources == ("The A",)


def test_a_tag_with_the_same_name_is_left_alone(file: Path) -> None:
    change_item(file, "source", "b", {"tags": ["a"]})

    rename_item(file, "source", "a", "c")

    assert load_config(file, environ={}).watches[0].sources == ("a", "c")


def test_a_name_that_is_taken_changes_no_file(file: Path, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('[[watch]]\nname = "quay"\nquery = "quay"\nsources = ["a"]\n')

    with pytest.raises(ConfigFaulty):
        rename_item(tmp_path, "source", "a", "b")

    assert file.read_text() == TEXT
    assert 'sources = ["a"]' in (tmp_path / "x.toml").read_text()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("drone source:courier", 'drone source:"The Courier"'),
        ('-source:"courier" (source:COURIER|x)', '-source:"The Courier" (source:"The Courier"|x)'),
        ("source:courier.org source:couriers", "source:courier.org source:couriers"),
        ("courier", "courier"),
        ("source:„courier“", 'source:"The Courier"'),
    ],
)
def test_a_query_names_the_source_by_its_new_name(query: str, expected: str) -> None:
    assert rename_in_query(query, "courier", "The Courier") == expected
