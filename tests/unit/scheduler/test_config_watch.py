"""An edit is offered until it is in force; a faulty one is said once."""

import os
from pathlib import Path

import pytest

from crawler.config.load import load_config
from scheduler.config_watch import ConfigWatch

GOOD = '[store]\npath = "w.db"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "w.toml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def watch(file: Path) -> ConfigWatch:
    return ConfigWatch(file, lambda: load_config(file, environ=os.environ))


def names(watch: ConfigWatch) -> list[str]:
    return [each.name for each in watch.config.watches]


def edit(file: Path, name: str, key: str = "query") -> None:
    file.write_text(f'{GOOD}[[watch]]\nname = "{name}"\n{key} = "drone"\n')


def test_an_edit_is_offered_until_it_is_accepted(file: Path, watch: ConfigWatch) -> None:
    edit(file, "drones")

    for _attempt in range(3):  # it could not be put in force
        assert watch.has_changed()
        assert watch.reload() is not None
        assert names(watch) == []
    watch.accept()

    assert not watch.has_changed()
    assert names(watch) == ["drones"]


def test_an_edit_during_the_putting_in_force_is_seen(file: Path, watch: ConfigWatch) -> None:
    edit(file, "drones")
    watch.reload()
    edit(file, "ferries and bridges")
    watch.accept()

    assert names(watch) == ["drones"]
    assert watch.has_changed()


def test_a_fault_is_said_once_and_again_when_it_comes_back(
    file: Path, watch: ConfigWatch, caplog: pytest.LogCaptureFixture
) -> None:
    def said() -> int:
        return sum("qurey" in record.message for record in caplog.records)

    edit(file, "drones", key="qurey")
    for _look in range(3):
        assert watch.has_changed()
        assert watch.reload() is None
    assert said() == 1
    assert names(watch) == []

    edit(file, "drones")
    assert watch.reload() is not None
    watch.accept()
    edit(file, "drones", key="qurey")
    assert watch.reload() is None
    assert said() == 2
    assert names(watch) == ["drones"]


def test_files_that_vanish_are_a_fault(
    file: Path, watch: ConfigWatch, caplog: pytest.LogCaptureFixture
) -> None:
    file.unlink()

    assert watch.has_changed()
    assert watch.reload() is None
    assert caplog.records
    watch.accept()  # nothing was offered
    assert watch.has_changed()


def test_nothing_is_accepted_that_was_not_offered(file: Path, watch: ConfigWatch) -> None:
    watch.accept()
    edit(file, "drones")

    assert watch.has_changed()
