"""Editing the configuration for a person: their comments stay, and a faulty result is put back."""

from pathlib import Path

import pytest

from crawler.config.edit import add_items, change_item, remove_item
from crawler.config.load import load_config
from crawler.errors import ConfigFaulty

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
def test_what_would_be_faulty_is_put_back(file: Path, source: dict[str, object]) -> None:
    with pytest.raises(ConfigFaulty):
        add_items(file, "source", [source])

    assert file.read_text() == TEXT
    assert [path.name for path in file.parent.iterdir()] == ["w.toml"]


def test_a_source_that_a_watch_names_is_not_removed_from_under_it(file: Path) -> None:
    with pytest.raises(ConfigFaulty, match="no source has the name"):
        remove_item(file, "source", "a")

    assert file.read_text() == TEXT


def test_a_key_is_set_and_taken_out_again(file: Path) -> None:
    change_item(file, "source", "a", {"paused": True})
    paused = load_config(file, environ={}).source_named("a")
    change_item(file, "source", "a", {"paused": None})

    assert paused is not None
    assert paused.paused
    assert file.read_text() == TEXT


def test_the_source_is_found_in_whichever_file_it_stands(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.toml"
    other.write_text('[[source]]\nname = "z"\nurl = "https://z.example/"\n')

    assert change_item(tmp_path, "source", "z", {"every": "2h"}) == other
    assert remove_item(tmp_path, "source", "z") == other
    assert file.read_text() == TEXT
    with pytest.raises(LookupError):
        remove_item(tmp_path, "source", "z")


def test_a_file_that_is_no_toml_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text("[[source\n")

    with pytest.raises(ConfigFaulty, match="cannot be edited"):
        add_items(file, "source", [{"name": "c", "url": "https://c.example/"}])
    assert file.read_text() == "[[source\n"
