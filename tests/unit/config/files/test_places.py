"""The database's path is read from the configuration even if the rest of it is faulty."""

import os
from pathlib import Path

import pytest

from crawler.config.files.places import find_database
from crawler.config.load import load_config
from crawler.errors import ConfigFaulty

TYPO = "\n[[watch]]\nname = 'drones'\nquery = 'drone OR ('\nqurey = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        '[store]\npath = "/data/w.db"\n',
        "[ store ]  # where\n  # the file\n  path = '/data/with blank/ü.db'  # it\n[mail]\nport = 25\n",
        '[store]\r\npage_retention = "1d"\r\npath="/data/crlf.db"\r\n',
        '["store"]\n"path" = "/data/q.db"\n',
        'store.path = "/data/dotted.db"\n',
        'store = { page_retention = "1d", path = "/data/inline.db" }\n',
        '[store]\npage_retention = "1d"\n[fetch]\nevery = "1h"\n',
        '# [store]\n# path = "/not/this.db"\n',
        '[[source]]\nname = "store"\nurl = "https://x.example/?path = 1"\n[store]\npath = "/data/late.db"\n',
        "",
    ],
)
def test_the_path_is_the_same_as_by_the_whole_configuration(tmp_path: Path, text: str) -> None:
    file = tmp_path / "w.toml"
    file.write_text(text, newline="")

    assert find_database(file, environ={}) == load_config(file, environ={}).store.path


def test_a_typo_elsewhere_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[[source]\nurl = ")
    (tmp_path / "main.toml").write_text(f'[store]\npath = "/data/w.db"\n{TYPO}')
    with pytest.raises(ConfigFaulty):
        load_config(tmp_path, environ={})

    assert find_database(tmp_path, environ={}) == Path("/data/w.db")


def test_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text('[store]\npath = "/data/w.db"\n')

    assert find_database(file, environ={"WATCHWORD_DATABASE": "/env.db"}) == Path("/env.db")


def test_a_value_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text('[store]\npath = "/data/w.db\n')

    with pytest.raises(ValueError, match="Unterminated"):
        find_database(file, environ=os.environ)


def test_both_variables_of_the_path_count_as_for_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "w.toml"
    file.write_text("")
    environ = {"WATCHWORD_DATABASE": "/one.db", "WATCHWORD_STORE_PATH": "/two.db"}

    for stated in (environ, {"WATCHWORD_STORE_PATH": "/two.db"}):
        assert find_database(file, environ=stated) == load_config(file, environ=stated).store.path
