"""``watchword doctor`` beside a daemon: which file the daemon works on, and what it reports of its storage."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from crawler.storage.file.database import open_for_writing
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.process.health import check_integrity
from tests.storage.broken_files import make_database
from tests.unit.cli.test_doctor import look
from watchword.doctor.findings import Verdict


class Holder:
    """Holds a database as a daemon does: the instance lock, and the file kept open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = InstanceLock(path)

    def __enter__(self) -> "Holder":
        self.lock.__enter__()
        self.connection = open_for_writing(self.path)
        self.connection.execute("SELECT count(*) FROM sources").fetchone()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.lock.__exit__()

    def state(self, **facts: object) -> None:
        """Write a further state into the lock file, as a daemon does."""
        file = self.path.with_name(f"{self.path.name}.lock")
        file.write_text(json.dumps(json.loads(file.read_text()) | facts))


def test_a_daemon_that_works_on_this_file_is_named(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    with Holder(config.store.path) as holder:
        holder.state(storage=None)
        found = look(config)["storage"]

    assert found.verdict is Verdict.OK
    assert found.summary.startswith("in use by the daemon (pid ")


def test_a_file_deleted_under_the_daemon_is_broken_and_can_be_saved(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    path = config.store.path
    with Holder(path) as holder:
        holder.connection.execute("UPDATE sources SET last_failure = 'later'")
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink()
        found = look(config)
        for detail in found["storage"].details:
            subprocess.run(detail.partition(": ")[2].split(), check=True)

    assert found["database"].verdict is Verdict.BROKEN
    assert found["storage"].verdict is Verdict.BROKEN
    assert "(deleted)" in found["storage"].summary
    with closing(sqlite3.connect(tmp_path / "rescued-watchword.db")) as rescued:
        assert check_integrity(rescued) == "ok"
        assert rescued.execute("SELECT DISTINCT last_failure FROM sources").fetchall() == [("later",)]  # fmt: skip


@pytest.mark.parametrize("how", ["replaced", "moved"])
def test_another_file_at_the_path_than_the_daemons_is_broken(tmp_path: Path, how: str) -> None:
    config = make_database(tmp_path)
    path = config.store.path
    copy = shutil.copy(path, tmp_path / "copy.db")
    with Holder(path):
        if how == "moved":
            path.rename(tmp_path / "elsewhere.db")
        Path(copy).replace(path)
        found = look(config)["storage"]

    assert found.verdict is Verdict.BROKEN
    assert "works on a different file" in found.summary
    assert "stop the daemon" in found.remedy


def test_a_daemon_of_another_machine_is_not_judged_by_a_local_process(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    copy = shutil.copy(config.store.path, tmp_path / "copy.db")
    with Holder(config.store.path) as holder:
        Path(copy).replace(config.store.path)
        holder.state(host="another")
        other = look(config)["storage"]

    assert other.verdict is Verdict.OK


def test_the_reason_why_a_daemon_waits_for_its_storage_is_shown(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    with Holder(config.store.path) as holder:
        holder.lock.note(storage="the disk is full since 10:00")
        broken = look(config)["storage"]
        holder.lock.note(storage=None)
        well = look(config)["storage"]

    assert (broken.verdict, well.verdict) == (Verdict.BROKEN, Verdict.OK)
    assert "the disk is full since 10:00" in broken.summary


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x", "storage": 7}', "\x00"])
def test_a_lock_file_that_cannot_be_understood_breaks_nothing(tmp_path: Path, text: str) -> None:
    config = make_database(tmp_path)
    with Holder(config.store.path) as holder:
        holder.path.with_name(f"{holder.path.name}.lock").write_text(text)

        assert "daemon" in look(config)["storage"].summary
