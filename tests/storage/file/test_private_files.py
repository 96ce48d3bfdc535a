"""The files of the database are closed to other users of the machine."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from crawler.alerting.mail.local.maildir import deliver_to_maildir
from crawler.storage.file.database import open_for_writing, transaction
from crawler.storage.file.instance_lock import InstanceLock
from crawler.storage.file.migrations.schema import migrate
from crawler.storage.file.signing_key import list_signing_keys, read_signing_key
from tests.fakes import START


@pytest.fixture(autouse=True)
def _everybody_may_read_new_files() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def is_private(path: Path) -> bool:
    return stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_the_database_and_the_files_beside_it_are_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "watchword.db"
    with closing(open_for_writing(path)) as connection, InstanceLock(path):
        migrate(connection)
        with transaction(connection):
            connection.execute("UPDATE marks SET value = value")
        read_signing_key(path)

        beside = sorted(path.parent.iterdir())
        assert [file.suffix for file in beside] == [".db", ".db-shm", ".db-wal", ".key", ".lock"]
        assert all(map(is_private, beside))


def test_an_existing_database_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    path.touch()
    path.chmod(0o640)

    open_for_writing(path).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_maildir_and_its_messages_are_private(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Message-ID"] = "<one@example.org>"
    message["Date"] = format_datetime(START)
    folder = tmp_path / "data" / "mail"

    file = deliver_to_maildir(message, folder=folder, recipient="me@example.org")

    made = [folder, *folder.iterdir(), file]
    assert len(made) == 5
    assert all(map(is_private, made))


def test_an_old_key_is_accepted_while_it_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "watchword.db"
    first = read_signing_key(path)
    old = path.with_name("watchword.db.key").rename(path.with_name("watchword.db.key.old"))

    second = read_signing_key(path)
    assert list_signing_keys(path) == (first, second)

    old.write_bytes(b"")
    assert list_signing_keys(path) == (second,)
    old.unlink()
    assert list_signing_keys(path) == (second,)
