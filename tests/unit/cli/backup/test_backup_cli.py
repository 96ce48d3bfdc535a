"""``watchword backup`` and ``restore``: a round trip, and what a person is asked and told."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.storage.file.database import open_for_reading
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.signing_key import read_signing_key
from tests.storage.disks import mount_small_disk, needs_root
from tests.unit.cli.test_cli import Shell


def count_articles(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM articles").fetchone()[0])


def states(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM deliveries")]


def test_a_backup_put_back_is_the_database_of_then(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")
    said = shell.run("backup")
    (made,) = (shell.folder / "backups").glob("*.db")
    assert str(made) in said
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM articles")
        connection.commit()

    said = shell.run("restore", str(shell.folder / "backups"), "--send")

    assert count_articles(path) == 1
    assert "holds 1 article" in said
    assert "1 pending message" in said
    assert states(path) == ["pending"]
    (aside,) = [one for one in shell.folder.glob("*.before-restore-*") if one.name.endswith("Z")]
    assert str(aside) in said
    assert count_articles(aside) == 0
    assert "Quay" in shell.run("article", "list")


def test_what_was_told_is_not_pending_any_more(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")
    shell.run("backup", str(shell.folder / "copy.db"))

    said = shell.run("restore", str(shell.folder / "copy.db"), "--told")

    assert "Nobody is mailed" in said
    assert states(path) == ["dropped"]


def test_without_a_terminal_the_choice_must_be_said(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")
    shell.run("backup", str(shell.folder / "copy.db"))

    said = shell.run("restore", str(shell.folder / "copy.db"), code=2)

    assert "--send or --told" in said
    assert states(path) == ["pending"]
    assert not list(shell.folder.glob("*before-restore*"))


def test_nothing_is_put_over_a_database_that_is_in_use(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")
    shell.run("backup", str(shell.folder / "copy.db"))

    with InstanceLock(path):
        said = shell.run("restore", str(shell.folder / "copy.db"), "--told", code=1)

    assert "another daemon works on" in said
    assert states(path) == ["pending"]


def test_a_folder_keeps_as_many_as_asked(shell: Shell) -> None:
    folder = shell.folder / "kept"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"watchword-2026-01-0{day}T000000Z.db").write_bytes(b"old")

    said = shell.run("backup", f"{folder}/", "--keep", "2")

    assert "Deleted 2 older backups" in said
    assert len(list(folder.glob("*.db"))) == 2
    assert "is for a folder" in shell.run("backup", "one.db", "--keep", "2", code=2)


def test_the_database_is_never_its_own_backup(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")

    assert "the database itself" in shell.run("backup", str(path), code=2)
    assert "the database itself" in shell.run("restore", str(path), "--told", code=2)
    assert count_articles(path) == 1


def test_a_folder_without_a_backup_is_named(shell: Shell) -> None:
    (shell.folder / "empty").mkdir()

    assert "there is no backup of" in shell.run(
        "restore", str(shell.folder / "empty"), "--told", code=2
    )


def test_a_damaged_backup_is_refused_and_the_database_stays(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")
    copy = shell.folder / "copy.db"
    shell.run("backup", str(copy))
    with copy.open("r+b") as file:
        file.seek(copy.stat().st_size // 2)
        file.write(b"\xff" * 20_000)

    said = shell.run("restore", str(copy), "--told", code=1)

    assert "damaged" in said
    assert states(path) == ["pending"]


@pytest.mark.parametrize("ending", ["", "-wal", ".key", ".lock"])
@pytest.mark.parametrize(
    "command",
    [["backup"], ["source", "export"], ["article", "export"], ["alert", "preview", "1", "--html"]],
)
def test_no_command_writes_over_the_database_and_its_files(
    command: list[str], ending: str, shell: Shell
) -> None:
    (path,) = shell.folder.glob("*.db")
    read_signing_key(path)
    with closing(open_for_reading(path)), InstanceLock(path, holder="a test"):
        file = path.with_name(path.name + ending)
        before = file.read_bytes()

        assert "the database" in shell.run(*command, str(file), code=2)

        assert file.read_bytes() == before


def test_a_file_of_somebody_else_is_not_replaced(shell: Shell) -> None:
    text, pipe, empty = (shell.folder / name for name in ("notes.txt", "pipe", "made.db"))
    text.write_text("mine")
    os.mkfifo(pipe)
    empty.touch()

    assert "is no backup" in shell.run("backup", str(text), code=2)
    assert "is no backup" in shell.run("backup", str(pipe), code=2)
    assert "it is whole" in shell.run("backup", str(empty))
    assert "it is whole" in shell.run("backup", str(empty))

    assert text.read_text() == "mine"
    assert pipe.is_fifo()
    assert count_articles(empty) == 1


def test_a_link_to_a_backup_stays_a_link(shell: Shell) -> None:
    (shell.folder / "elsewhere").mkdir()
    link = shell.folder / "latest.db"
    link.symlink_to(shell.folder / "elsewhere" / "copy.db")

    shell.run("backup", str(link))

    assert link.is_symlink()
    assert count_articles(shell.folder / "elsewhere" / "copy.db") == 1


@needs_root
@pytest.mark.parametrize("ending", ["", "/"])
def test_the_command_does_not_make_it_either(ending: str, shell: Shell) -> None:
    folder = shell.folder / "disk" / "watchword"
    with mount_small_disk(shell.folder / "disk"):
        shell.run("backup", f"{folder}/")
        shell.run("backup", f"{folder}{ending}")

    said = shell.run("backup", f"{folder}{ending}", code=1)

    assert "mount its disk" in said
    assert not folder.exists()


def test_of_a_folder_with_backups_of_two_installations_none_is_taken(shell: Shell) -> None:
    (path,) = shell.folder.glob("*.db")
    folder = shell.folder / "backups"
    for day, key in ((1, b"mine"), (2, b"theirs")):
        shell.run("backup", str(shell.folder / "copy.db"))
        copy = folder / f"{path.stem}-2026-01-0{day}T000000Z.db"
        folder.mkdir(exist_ok=True)
        (shell.folder / "copy.db").rename(copy)
        copy.with_name(f"{copy.name}.key").write_bytes(key)
    for file in shell.folder.glob(f"{path.name}*"):
        file.unlink()

    said = shell.run("restore", str(folder), "--told", code=2)

    assert "several databases" in said
    assert all(str(file) in said for file in folder.glob("*.db"))
    assert not path.exists()

    path.with_name(f"{path.name}.key").write_bytes(b"mine")
    assert "2026-01-01" in shell.run("restore", str(folder), "--told")
