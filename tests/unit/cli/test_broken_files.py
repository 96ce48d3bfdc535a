"""Every reading command on every broken database: a sentence and the right exit code, never a traceback."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.storage.broken_files import UNREADABLE, make_database, spoil_table
from watchword.cli.main import main

READERS = (
    ("source", "list"),
    ("source", "show", "courier"),
    ("watch", "list"),
    ("article", "list"),
    ("article", "list", "--search", "quay"),
    ("article", "show", "1"),
    ("alert", "list"),
    ("story", "list"),
    ("story", "show", "1"),
    ("doctor",),
    ("doctor", "--json"),
    ("doctor", "--alive"),
)
TABLES = ("sources", "articles", "alerts", "watches", "deliveries", "heartbeats", "stories", "entries", "visits", "revisions")  # fmt: skip


def call(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """Return the exit code of a command, and all its output."""
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(folder / "w.toml"), *arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err + printed.out
    assert "fault of Watchword" not in printed.err + printed.out
    return ended.value.code, printed.out + printed.err


@pytest.mark.parametrize("state", UNREADABLE)
def test_an_unreadable_database_ends_every_reading_command_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    spoil, words = UNREADABLE[state]
    spoil(make_database(tmp_path).store.path)

    for arguments in READERS:
        code, printed = call(tmp_path, capsys, *arguments)
        if state == "missing" and arguments[0] == "watch":
            assert (
                "drones" in printed
            )  # these list what is configured, although nothing is found yet
            continue
        assert (code, words in " ".join(printed.split())) == (1, True), (arguments, printed)


@pytest.mark.parametrize("table", TABLES)
def test_an_unreadable_table_ends_a_reading_command_with_a_sentence_or_not_at_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str
) -> None:
    spoil_table(make_database(tmp_path).store.path, table)

    codes = {arguments: call(tmp_path, capsys, *arguments)[0] for arguments in READERS}

    assert set(codes.values()) <= {0, 1}
    assert codes["doctor",] == codes["doctor", "--json"] == 1


def test_a_command_that_reads_a_damaged_table_explains_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_table(make_database(tmp_path).store.path, "sources")

    code, printed = call(tmp_path, capsys, "source", "list")

    assert code == 1
    assert "the database is damaged" in printed
    assert "put the last backup back" in printed
    assert "`watchword doctor` shows more" in printed


def test_text_in_place_of_a_time_affects_one_finding_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:

    with closing(sqlite3.connect(make_database(tmp_path).store.path)) as connection, connection:
        connection.execute(
            "INSERT INTO heartbeats (name, pid, started_at, beat_at) VALUES ('daemon', 1, '', 'yesterday')"
        )

    code, printed = call(tmp_path, capsys, "doctor")

    assert code == 1
    assert "cannot be read (ValueError" in printed
    assert "2 sources" in printed
    assert call(tmp_path, capsys, "doctor", "--alive")[0] == 1


def test_undecodable_text_is_reported_as_damage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(make_database(tmp_path).store.path)) as connection, connection:
        connection.execute("UPDATE articles SET headline = CAST(x'f4c3' AS TEXT) WHERE id = 2")

    code, printed = call(tmp_path, capsys, "article", "list")

    assert (code, "the database is damaged" in printed) == (1, True)
