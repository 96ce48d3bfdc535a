"""An edit is offered once its files are whole, until it is in force; a faulty one is logged once."""

import os
from pathlib import Path

import pytest

from crawler.config.load import load_config
from scheduler.config_watch import ConfigWatch

GOOD = '[store]\npath = "w.db"\n'
DRONES = '[[watch]]\nname = "drones"\nquery = "drone"\n'


class Steady:
    """A steady clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "w.toml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def watch(file: Path, steady: Steady) -> ConfigWatch:
    return watch_of(file, steady)


def watch_of(path: Path, steady: Steady) -> ConfigWatch:
    return ConfigWatch(path, lambda: load_config(path, environ=os.environ), monotonic=steady)


def names(watch: ConfigWatch) -> list[str]:
    return [each.name for each in watch.config.watches]


def edit(file: Path, name: str, key: str = "query") -> None:
    file.write_text(f'{GOOD}[[watch]]\nname = "{name}"\n{key} = "drone"\n')


def look_twice(watch: ConfigWatch) -> bool:
    watch.has_changed()
    return watch.has_changed()


def sources(count: int) -> str:
    return "".join(
        f'[[source]]\nname = "paper-{number}"\nurl = "https://paper-{number}.example/"\n'
        for number in range(count)
    )


def test_an_edit_is_offered_until_it_is_accepted(file: Path, watch: ConfigWatch) -> None:
    edit(file, "drones")

    for _attempt in range(3):  # it could not take effect
        assert look_twice(watch)
        assert watch.reload() is not None
        assert names(watch) == []
    watch.accept()

    assert not look_twice(watch)
    assert names(watch) == ["drones"]


def test_a_file_that_grows_between_two_looks_is_not_read_yet(
    file: Path, watch: ConfigWatch
) -> None:
    edit(file, "drones")
    assert not watch.has_changed()
    with file.open("a") as more:
        more.write(DRONES.replace("drones", "more drones"))

    assert not watch.has_changed()
    assert watch.has_changed()


def test_an_edit_that_leaves_size_and_time_alone_is_seen(file: Path, watch: ConfigWatch) -> None:
    edit(file, "drones")
    look_twice(watch)
    watch.reload()
    watch.accept()
    times = file.stat()
    edit(file, "ferry!")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert look_twice(watch)


def test_a_file_rewritten_as_it_was_is_no_edit(file: Path, watch: ConfigWatch) -> None:
    file.unlink()
    file.write_text(GOOD)

    assert not look_twice(watch)


def test_an_edit_while_another_takes_effect_is_noticed(file: Path, watch: ConfigWatch) -> None:
    edit(file, "drones")
    watch.reload()
    edit(file, "ferries and bridges")
    watch.accept()

    assert names(watch) == ["drones"]
    assert look_twice(watch)


def test_a_file_that_is_written_to_while_it_is_read_is_read_again(
    file: Path, steady: Steady
) -> None:
    def read() -> object:
        config = load_config(file, environ=os.environ)
        with file.open("a") as more:
            more.write("\n")
        return config

    watch = ConfigWatch(file, read, monotonic=steady)  # type: ignore[arg-type]

    assert watch.reload() is None


def test_a_fault_is_logged_once_and_again_when_it_returns(
    file: Path, watch: ConfigWatch, caplog: pytest.LogCaptureFixture
) -> None:
    def count_faults() -> int:
        return sum("qurey" in record.message for record in caplog.records)

    edit(file, "drones", key="qurey")
    for _look in range(3):
        assert look_twice(watch)
        assert watch.reload() is None
    assert count_faults() == 1
    assert names(watch) == []
    assert "qurey" in " ".join(watch.problems)

    edit(file, "drones")
    assert watch.reload() is not None
    watch.accept()
    assert watch.problems == ()
    edit(file, "drones", key="qurey")
    assert watch.reload() is None
    assert count_faults() == 2
    assert names(watch) == ["drones"]


def test_a_corrected_fault_is_forgotten(file: Path, watch: ConfigWatch) -> None:
    edit(file, "drones", key="qurey")
    watch.reload()
    file.write_text(GOOD)

    assert not watch.has_changed()
    assert watch.problems == ()


def test_files_that_vanish_are_a_fault(
    file: Path, watch: ConfigWatch, caplog: pytest.LogCaptureFixture
) -> None:
    file.unlink()

    assert look_twice(watch)
    assert watch.reload() is None
    assert caplog.records
    watch.accept()  # nothing was offered
    assert look_twice(watch)


def test_only_an_offered_edit_can_be_accepted(file: Path, watch: ConfigWatch) -> None:
    watch.accept()
    edit(file, "drones")

    assert look_twice(watch)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GOOD + DRONES, GOOD),
        (GOOD + sources(1), GOOD),
        (GOOD + sources(30), GOOD + sources(12)),
        (GOOD + '[mail]\nto = ["me@example.org"]\nhost = "mail.example.org"\n' + "# why\n" * 40, GOOD),
    ],
    ids=["all watches", "the only source", "most sources", "most of the file"],
)  # fmt: skip
def test_an_edit_that_removes_most_waits_for_a_second_look(
    file: Path, steady: Steady, caplog: pytest.LogCaptureFixture, before: str, after: str
) -> None:
    file.write_text(before)
    watch = watch_of(file, steady)
    file.write_text(after)

    for _look in range(5):
        look_twice(watch)
        assert watch.reload() is None
        steady.now += 5
    assert len(caplog.records) == 1
    assert "removes" in watch.problems[0] or "leaves" in watch.problems[0]
    steady.now += 5
    look_twice(watch)

    assert watch.reload() is not None
    assert watch.problems == ()


def test_files_that_are_restored_meanwhile_are_no_edit(file: Path, steady: Steady) -> None:
    file.write_text(GOOD + DRONES)
    watch = watch_of(file, steady)
    file.write_text(GOOD)
    look_twice(watch)
    watch.reload()
    file.write_text(GOOD + DRONES)
    steady.now += 60

    assert not look_twice(watch)
    assert watch.problems == ()


def test_one_file_of_a_folder_that_is_empty_for_a_moment_waits(
    tmp_path: Path, steady: Steady
) -> None:
    (tmp_path / "main.toml").write_text('[mail]\nhost = "mail.example.org"\n')
    (tmp_path / "watches.toml").write_text(DRONES * 1 + "# a comment\n" * 100)
    watch = watch_of(tmp_path, steady)
    (tmp_path / "main.toml").write_text("")

    look_twice(watch)

    assert watch.reload() is None


def test_an_edit_takes_effect_at_once_on_request(file: Path, steady: Steady) -> None:
    file.write_text(GOOD + DRONES)
    watch = watch_of(file, steady)
    file.write_text(GOOD)

    assert watch.reload(is_urgent=True) is not None


def test_removing_some_of_a_few_is_an_edit_like_any_other(file: Path, steady: Steady) -> None:
    file.write_text(GOOD + sources(4))
    watch = watch_of(file, steady)
    file.write_text(GOOD + sources(3))

    look_twice(watch)

    assert watch.reload() is not None


def test_the_public_note_quotes_nothing_of_the_files(file: Path, steady: Steady) -> None:
    watch = watch_of(file, steady)
    assert watch.note == ""
    file.write_text(f'{GOOD}[mail]\nto = ["me@@example.org"]\nport = 99999\n')
    look_twice(watch)
    watch.reload()

    assert "me@@example.org" in " ".join(watch.problems)
    assert watch.note == "It has 2 faults; `watchword check` lists them."

    file.write_text(GOOD)
    look_twice(watch)
    assert watch.note == ""


def test_the_note_names_what_an_edit_removes(file: Path, steady: Steady) -> None:
    file.write_text(GOOD + DRONES)
    watch = watch_of(file, steady)
    file.write_text(GOOD)
    look_twice(watch)
    watch.reload()

    assert "removes the only watch" in watch.note
