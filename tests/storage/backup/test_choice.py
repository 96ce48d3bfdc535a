"""Which backup of a folder is put back: the newest of the database that is meant, and none if that is not certain."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.errors import BackupFailed
from crawler.storage.backup.choice import choose_backup
from crawler.storage.backup.folder import name_backup
from tests.fakes import START

NOW = START + timedelta(days=100)


@dataclass(frozen=True)
class Made:
    """A backup: on which day, with which key and old key (empty for none), of a database of which name."""

    day: int
    key: str = ""
    old: str = ""
    name: str = "watchword"


def lay_out(tmp_path: Path, backups: list[Made], own: str = "", own_old: str = "") -> Path:
    """Write the files of backups, and the keys of the database; return its path."""
    folder, database = tmp_path / "backups", tmp_path / "watchword.db"
    folder.mkdir()
    write_keys(database, own, own_old)
    for made in backups:
        at = START + timedelta(days=made.day)
        file = name_backup(folder, tmp_path / f"{made.name}.db", now=at)
        file.write_bytes(b"SQLite format 3\0")
        write_keys(file, made.key, made.old)
    return database


def write_keys(file: Path, key: str, old: str) -> None:
    for ending, text in ((".key", key), (".key.old", old)):
        if text:
            file.with_name(file.name + ending).write_text(text)


def day_of(chosen: Path) -> int:
    return next(
        day
        for day in range(100)
        if f"-{START + timedelta(days=day):%Y-%m-%dT%H%M%SZ}." in chosen.name
    )


@pytest.mark.parametrize(
    ("own", "backups", "day"),
    [
        # a new machine: the backups of one installation
        ("", [Made(1), Made(2)], 2),
        ("", [Made(1, "a"), Made(2, "a")], 2),
        ("", [Made(1), Made(2, "a"), Made(3, "a")], 3),
        ("", [Made(1, "a"), Made(2, "b", "a"), Made(3, "b", "a"), Made(4, "c", "b")], 4),
        ("", [Made(1), Made(9, "b", name="other"), Made(8, "c", name="watchword-2")], 1),
        # its own ones, whatever lies beside them
        ("a", [Made(1, "a"), Made(2, "a"), Made(9, "b"), Made(8)], 2),
        ("a", [Made(1, "a"), Made(2, "b", "a")], 1),
        ("a", [Made(1), Made(2)], 2),
    ],
)
def test_the_newest_of_the_database_that_is_meant_is_chosen(
    own: str, backups: list[Made], day: int, tmp_path: Path
) -> None:
    database = lay_out(tmp_path, backups, own)

    assert day_of(choose_backup(tmp_path / "backups", database, now=NOW)) == day


def test_a_changed_key_is_its_own_even_if_an_older_backup_was_put_back(tmp_path: Path) -> None:
    backups = [Made(1, "a"), Made(2, "b", "a"), Made(3, "a")]
    database = lay_out(tmp_path, backups, own="b", own_old="a")

    assert day_of(choose_backup(tmp_path / "backups", database, now=NOW)) == 3


@pytest.mark.parametrize(
    ("own", "backups", "shown", "why"),
    [
        ("", [Made(1, "a"), Made(2, "b"), Made(3, "b")], [(3, 2), (1, 1)], "several databases"),
        ("", [Made(1, "a"), Made(2, "b", "a"), Made(3, "a")], [(3, 2), (2, 1)], "several"),
        ("", [Made(1, "a"), Made(2)], [(2, 1), (1, 1)], "several databases"),
        ("c", [Made(1, "a"), Made(2, "b")], [(2, 1), (1, 1)], "several databases"),
        ("c", [Made(1, "a"), Made(2, "a")], [(2, 2)], "its key is another one"),
        ("c", [Made(1), Made(2, "a")], [(2, 2)], "its key is another one"),
        ("", [Made(1, name="x"), Made(2, name="y")], [(2, 1), (1, 1)], "no backup of watchword.db"),
    ],
)
def test_what_is_not_certain_is_listed(
    own: str, backups: list[Made], shown: list[tuple[int, int]], why: str, tmp_path: Path
) -> None:
    database = lay_out(tmp_path, backups, own)

    with pytest.raises(BackupFailed, match=why) as found:
        choose_backup(tmp_path / "backups", database, now=NOW)

    lines = str(found.value).splitlines()[1:]
    assert [(day_of(Path(line)), line.split()[-1]) for line in lines] == [
        (day, f"{count})") for day, count in shown
    ]


def test_a_hundred_databases_are_a_screen(tmp_path: Path) -> None:
    database = lay_out(tmp_path, [Made(day, f"key {day}") for day in range(100)])

    with pytest.raises(BackupFailed, match="and 80 more databases") as found:
        choose_backup(tmp_path / "backups", database, now=NOW)

    assert len(str(found.value).splitlines()) == 22


def test_a_folder_that_cannot_be_read_is_not_called_empty(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(NotADirectoryError):
        choose_backup(tmp_path / "file", tmp_path / "watchword.db", now=NOW)
