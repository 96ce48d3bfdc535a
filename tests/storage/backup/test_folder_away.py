"""A folder of backups whose disk is not mounted: it is told, and not made again on another disk, which it would fill."""

import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crawler.storage.backup.known_folders import find_vanished, remember_folder
from crawler.storage.file.database import open_for_reading, open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START
from tests.storage.disks import mount_small_disk, needs_root
from watchword.doctor.backup_health import look_at_backups


def back_up(database: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Make the daemon's backup, as it does: in a process of its own."""
    command = [sys.executable, "-m", "crawler.storage.backup", str(database), str(folder), "3"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "watchword.db"
    with closing(open_for_writing(path)) as connection:
        migrate(connection)
    return path


@needs_root
@pytest.mark.parametrize("below", ["", "watchword", "far/below"])
@pytest.mark.parametrize("is_made", [False, True], ids=["fstab", "docker"])
def test_a_folder_is_not_made_again_while_its_disk_is_away(
    below: str, is_made: bool, database: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    folder = disk / below
    with mount_small_disk(disk):
        assert back_up(database, folder).returncode == 0
    if is_made:  # as Docker does for a bind mount
        folder.mkdir(parents=True, exist_ok=True)
    left = sorted(disk.rglob("*"))

    done = back_up(database, folder)

    assert done.returncode == 1
    assert f"{folder} {'is empty' if folder.exists() else 'is not there'}" in done.stderr
    assert "mount its disk" in done.stderr
    assert sorted(disk.rglob("*")) == left


@needs_root
def test_doctor_says_that_the_disk_is_away(database: Path, tmp_path: Path) -> None:
    config = make_config(tmp_path, backup={"every": "1d", "to": tmp_path / "disk"})
    with mount_small_disk(tmp_path / "disk"):
        assert back_up(database, config.backup_folder).returncode == 0

    with closing(open_for_reading(database)) as connection:
        found = look_at_backups(connection, config, now=START)

    assert "mount its disk" in found.details[0]


@needs_root
def test_a_backup_begins_anew_where_any_file_is(database: Path, tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk"):
        assert back_up(database, tmp_path / "disk").returncode == 0
    (tmp_path / "disk" / "yes").touch()

    assert back_up(database, tmp_path / "disk").returncode == 0


def test_a_folder_on_the_disk_of_the_database_is_made_again(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deleted to make room"
    back_up(database, folder)
    for file in folder.iterdir():
        file.unlink()
    assert back_up(database, folder).returncode == 0
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()

    assert back_up(database, folder).returncode == 0


def test_a_damaged_list_of_folders_stops_no_backup(database: Path, tmp_path: Path) -> None:
    for text in (b"\xff{", b"{}", b"[1]", b"null"):
        (tmp_path / "watchword.db.folders").write_bytes(text)

        assert back_up(database, tmp_path / "backups").returncode == 0


@needs_root
def test_a_full_disk_of_the_database_stops_no_backup_and_spoils_no_list(tmp_path: Path) -> None:
    database, first, second = tmp_path / "small" / "watchword.db", tmp_path / "1", tmp_path / "2"
    with mount_small_disk(database.parent) as disk:
        with closing(open_for_writing(database)) as connection:
            migrate(connection)
        assert back_up(database, first).returncode == 0
        listed = (database.parent / "watchword.db.folders").read_text()
        disk.fill()

        done = back_up(database, second)

        assert done.returncode == 0, done.stderr
        assert (database.parent / "watchword.db.folders").read_text() == listed
        assert not [*database.parent.glob("*.part"), *database.parent.glob(".*.part")]
        disk.free()
        assert back_up(database, second).returncode == 0
        assert find_vanished(first, database) == find_vanished(second, database) == ""
        shutil.rmtree(second)
        assert "mount its disk" in find_vanished(second, database)


@needs_root
def test_a_list_on_a_disk_that_cannot_be_written_stays(tmp_path: Path) -> None:
    database, folder = tmp_path / "small" / "watchword.db", tmp_path / "1"
    folder.mkdir()
    with mount_small_disk(database.parent) as disk:
        database.touch()
        remember_folder(folder, database)
        listed = (database.parent / "watchword.db.folders").read_text()
        disk.remount("ro")

        remember_folder(tmp_path, database)

        assert (database.parent / "watchword.db.folders").read_text() == listed
