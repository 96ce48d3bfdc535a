"""``watchword prune``: what it says would be freed, and what it does."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.storage.file.instance_lock import InstanceLock
from tests.storage.disks import mount_small_disk, needs_root
from tests.unit.cli.test_cli import Shell

YEARS_AGO = "2020-01-01T00:00:00.000Z"


def make_old(path: Path, *, pages: int = 0) -> None:
    """Let everything have been fetched years ago, with some large pages beside it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE revisions SET fetched_at = ?, body = body || hex(zeroblob(2000))", [YEARS_AGO]
        )
        for _ in range(pages):
            connection.execute(
                """INSERT INTO pages (entry_id, url, requested_url, fetched_at, content_type, size, body)
                   SELECT id, url, url, ?, '', 1, randomblob(100000) FROM entries LIMIT 1""",
                [YEARS_AGO],
            )
        connection.execute(
            """INSERT INTO page_sizes SELECT pages.id, source_id, fetched_at, length(body)
               FROM pages JOIN entries ON entries.id = entry_id"""
        )
        connection.commit()


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def find_database(shell: Shell) -> Path:
    (path,) = shell.folder.glob("*.db")
    return path


def test_a_dry_run_says_what_each_table_would_give_and_changes_nothing(shell: Shell) -> None:
    path = find_database(shell)
    make_old(path, pages=20)
    before = path.read_bytes()

    rows = {str(row["table"]): row for row in shell.json("prune", "--dry-run")}
    said = shell.run("prune", "--dry-run")

    assert (rows["pages"]["count"], rows["pages"]["after"]) == (20, "30 d")
    assert 1_800_000 < int(str(rows["pages"]["bytes"])) < 3_500_000
    assert (rows["revisions"]["count"], rows["revisions"]["deed"]) == (1, "compressed")
    assert rows["visits"]["count"] == 0
    assert "stories" not in rows  # they are kept for ever unless somebody asks
    assert "would become free" in said
    assert path.read_bytes() == before


def test_all_of_it_is_done_at_once_and_the_file_shrinks_if_asked(shell: Shell) -> None:
    path = find_database(shell)
    make_old(path, pages=120)
    size = path.stat().st_size

    said = shell.run("prune", "--compact")

    assert "pages: 120" in said
    assert "revisions: 1" in said
    assert "became free" in said
    assert count(path, "pages") == 0
    assert path.stat().st_size < size - 10_000_000
    assert "Nothing was old enough." in shell.run("prune")
    assert "Nothing is old enough." in shell.run("prune", "--dry-run")
    assert "Quay" in shell.run("article", "show", "1")


def test_entries_go_with_the_pages_that_held_them(shell: Shell) -> None:
    path = find_database(shell)
    make_old(path, pages=60)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE entries SET first_seen_at = ?, state = 'skipped', revisit_at = NULL",
            [YEARS_AGO],
        )
        connection.execute("UPDATE entries SET article_id = NULL")
        connection.commit()

    assert "entries: 1" in shell.run("prune")
    assert count(path, "entries") == 0


def test_without_compact_it_says_what_is_free(shell: Shell) -> None:
    make_old(find_database(shell), pages=20)

    said = shell.run("prune")

    assert "are free for new rows; --compact gives them back" in said


def test_while_a_daemon_runs_nothing_is_changed(shell: Shell) -> None:
    path = find_database(shell)
    make_old(path, pages=1)

    with InstanceLock(path):
        said = shell.run("prune", code=1)

    assert str(path) in said
    assert count(path, "pages") == 1


def test_a_dry_run_cannot_compact(shell: Shell) -> None:
    assert "either --dry-run or --compact" in shell.run("prune", "--dry-run", "--compact", code=2)


def test_without_a_database_it_says_so(shell: Shell) -> None:
    find_database(shell).unlink()

    assert "there is no database" in shell.run("prune", code=1)


def test_json_is_for_what_would_be_done(shell: Shell) -> None:
    assert "--json is for --dry-run" in shell.run("prune", "--json", code=2)


def test_a_locked_database_is_left_alone_with_a_sentence(shell: Shell) -> None:
    path = find_database(shell)
    make_old(path, pages=3)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")

        said = shell.run("prune", code=1)

    assert "in use by another program" in said or "locked" in said
    assert count(path, "pages") == 3


@needs_root
@pytest.mark.parametrize("options", [(), ("--compact",)])
@pytest.mark.parametrize("state", ["full", "read-only"])
def test_a_bad_disk_is_said_and_the_database_stays_whole(
    shell: Shell, tmp_path: Path, state: str, options: tuple[str, ...]
) -> None:
    path = find_database(shell)
    make_old(path, pages=20)
    with mount_small_disk(tmp_path / "small", megabytes=16) as disk:
        database = disk.path / path.name
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", [str(database)])
        config = (shell.folder / "w.toml").read_text().replace(str(path), str(database))
        (shell.folder / "small.toml").write_text(config)
        shell.run("prune", "--dry-run", config="small.toml")
        disk.fill() if state == "full" else disk.remount("ro")

        said = shell.run("prune", *options, config="small.toml", code=1)

        assert "full" in said or "ead-only" in said
        if state == "full":
            disk.free()
        else:
            disk.remount("rw")
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert "pages: 20" in shell.run("prune", config="small.toml")
