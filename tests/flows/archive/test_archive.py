"""Pages of days that are over move into WARC files, and are read as if they were in the database."""

import gzip
import sqlite3
import uuid
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.config.schema import Config
from crawler.errors import ArchiveFailed
from crawler.flows import archive as flow
from crawler.storage.archive.export import write_warc
from crawler.storage.archive.reading import complete_bodies
from crawler.storage.crawl.entries.pages import walk_pages
from crawler.storage.file.database import open_for_reading
from tests.fakes import START
from tests.flows.archive.archiving import (
    DAY,
    archive,
    ask,
    body_of,
    count_in_database,
    make_pages,
    read_bodies,
)
from tests.storage.disks import mount_disk_that_never_answers, mount_small_disk, needs_root
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.storage.archive_health import look_at_archive

ALL = {number + 1: body_of(number) for number in range(6)}


def files_of(config: Config) -> list[Path]:
    assert config.archive.to is not None
    return sorted(Path(config.archive.to).glob("*"))


def look(config: Config) -> Finding:
    with closing(open_for_reading(config.store.path)) as connection:
        return look_at_archive(connection, config)


def test_pages_of_days_that_are_over_are_in_a_file_a_day_and_read_as_before(tmp_path: Path) -> None:
    config = make_pages(tmp_path)

    archive(config, now=START + 3 * DAY)

    names = [file.name for file in files_of(config)]
    assert [name.rsplit("-", 1)[0] for name in names] == [
        "watchword-2026-11-23",
        "watchword-2026-11-24",
    ]
    assert count_in_database(config) == 0
    assert ask(config, "SELECT count(*) FROM page_sizes") == [(0,)]
    assert read_bodies(config) == ALL
    assert all(file.stat().st_mode & 0o077 == 0 for file in files_of(config))


def test_the_day_that_is_not_over_long_enough_stays(tmp_path: Path) -> None:
    config = make_pages(tmp_path)

    # the first day ended at midnight, a day after that its pages go
    archive(config, now=START + DAY)
    assert files_of(config) == []
    archive(config, now=START + 2 * DAY)

    assert len(files_of(config)) == 1
    assert count_in_database(config) == 3
    assert read_bodies(config) == ALL


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_each_record_is_compressed_alone_and_other_programs_read_the_file(
    tmp_path: Path, compression: str
) -> None:
    config = make_pages(tmp_path, days=1, compression=compression)

    archive(config, now=START + 3 * DAY)

    (file,) = files_of(config)
    assert read_bodies(config) == {number: ALL[number] for number in (1, 2, 3)}
    if compression == "zstd":
        assert file.suffix == ".zst"
        return
    with file.open("rb") as stream:
        records = [(one.rec_type, one.content_stream().read()) for one in ArchiveIterator(stream, check_digests="raise")]  # fmt: skip
    assert [kind for kind, _ in records] == ["warcinfo", "response", "response", "response"]
    assert [body for _, body in records[1:]] == [ALL[number] for number in (1, 2, 3)]
    assert gzip.decompress(file.read_bytes()).startswith(b"WARC/1.1\r\n")


def test_any_place_that_fsspec_knows_will_do(tmp_path: Path) -> None:
    config = make_pages(tmp_path, to=f"memory://{uuid.uuid4().hex}/pages")

    archive(config, now=START + 3 * DAY)

    assert count_in_database(config) == 0
    assert read_bodies(config) == ALL


def test_a_file_url_is_the_folder(tmp_path: Path) -> None:
    config = make_pages(tmp_path, to=f"file://{tmp_path}/there")

    archive(config, now=START + 3 * DAY)

    assert len([*(tmp_path / "there").iterdir()]) == 2


def test_without_the_setting_nothing_is_written_and_what_was_is_still_read(tmp_path: Path) -> None:
    config = make_pages(tmp_path)
    archive(config, now=START + 2 * DAY)
    off = config.model_copy(update={"archive": config.archive.model_copy(update={"to": None})})

    archive(off, now=START + 9 * DAY)

    assert count_in_database(config) == 3
    assert read_bodies(off) == ALL


def test_files_that_were_moved_are_found_at_the_place_configured_now(tmp_path: Path) -> None:
    config = make_pages(tmp_path)
    archive(config, now=START + 3 * DAY)
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    moved = config.archive.model_copy(update={"to": str(tmp_path / "elsewhere")})

    assert read_bodies(config.model_copy(update={"archive": moved})) == ALL


# trouble


def test_a_place_that_cannot_be_written_is_told_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = make_pages(tmp_path)
    (tmp_path / "archive").write_text("a file is in the way")

    archive(config, now=START + 3 * DAY)
    archive(config, now=START + 3 * DAY + timedelta(minutes=1))  # it rests

    assert read_bodies(config) == ALL
    found = look(config)
    assert found.verdict is Verdict.LOOK
    assert "the last 1 try failed" in found.summary
    assert any("archive" in detail for detail in found.details)
    assert len([one for one in caplog.records if "pages not archived" in one.getMessage()]) == 1

    (tmp_path / "archive").unlink()
    archive(config, now=START + 4 * DAY)

    assert look(config).verdict is Verdict.OK
    assert "6 pages in 2 files" in look(config).summary
    assert read_bodies(config) == ALL


def test_tries_are_hours_apart_in_the_end_and_the_log_has_few_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = make_pages(tmp_path)
    (tmp_path / "archive").write_text("a file is in the way")

    for hour in range(0, 30 * 24, 6):
        archive(config, now=START + 3 * DAY + timedelta(hours=hour))

    (tries,) = ask(config, "SELECT max(tries) FROM archive_files")
    assert 60 < int(str(tries[0])) <= 120
    assert len([one for one in caplog.records if "pages not archived" in one.getMessage()]) <= 8
    assert read_bodies(config) == ALL


def test_a_process_that_ends_before_the_places_are_stored_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make_pages(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise SystemExit("as if it was killed here")

    with monkeypatch.context() as patched:
        patched.setattr(flow, "mark_written", fail)
        with pytest.raises(SystemExit):
            archive(config, now=START + 3 * DAY)
    written = files_of(config)
    assert len(written) == 1
    assert count_in_database(config) == 6

    archive(config, now=START + 3 * DAY)

    assert written[0] in files_of(config)
    assert len(files_of(config)) == 2
    assert read_bodies(config) == ALL


def test_a_damaged_record_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    config = make_pages(tmp_path, days=1)
    archive(config, now=START + 3 * DAY)
    (file,) = files_of(config)
    ((start, length),) = ask(config, "SELECT start, length FROM archived_pages WHERE page_id = 2")
    content = bytearray(file.read_bytes())
    content[int(str(start)) + int(str(length)) // 2] ^= 0xFF
    file.write_bytes(content)
    unread: list[str] = []

    with closing(open_for_reading(config.store.path)) as connection:
        pages = complete_bodies(walk_pages(connection, since=START), config.archive.to, unread)
        count = write_warc(tmp_path / "copy.warc.gz", pages)

    assert count == 2
    (reason,) = unread
    assert "https://courier.org/1" in reason
    assert "damaged" in reason
    assert file.name in reason


def test_a_file_that_somebody_deleted_is_named(tmp_path: Path) -> None:
    config = make_pages(tmp_path, days=1)
    archive(config, now=START + 3 * DAY)
    (file,) = files_of(config)
    file.unlink()

    with pytest.raises(ArchiveFailed, match="is not there"):
        read_bodies(config)


def test_what_is_read_is_bounded_by_the_size_the_page_had(tmp_path: Path) -> None:
    config = make_pages(tmp_path, days=1, a_day=1)
    archive(config, now=START + 3 * DAY)
    (file,) = files_of(config)
    bomb = gzip.compress(bytes(50_000_000))
    with closing(sqlite3.connect(config.store.path)) as connection:
        connection.execute("UPDATE archived_pages SET start = 0, length = ?", [len(bomb)])
        connection.commit()
    file.write_bytes(bomb)

    with pytest.raises(ArchiveFailed, match="damaged"):
        read_bodies(config)


@needs_root
def test_on_a_full_disk_the_pages_stay_where_they_are(tmp_path: Path) -> None:
    config = make_pages(tmp_path, days=1, a_day=40, size=200_000)
    with mount_small_disk(tmp_path / "disk", megabytes=1) as disk:
        disk.fill()
        there = config.archive.model_copy(update={"to": str(disk.path / "archive")})
        full = config.model_copy(update={"archive": there})
        archive(full, now=START + 3 * DAY)

        assert count_in_database(config) == 40
        assert "No space left" in str(look(full).details)
        assert not [*disk.path.rglob("*.part")]


@needs_root
def test_a_place_that_never_answers_is_told(tmp_path: Path) -> None:
    config = make_pages(tmp_path)
    with mount_disk_that_never_answers(tmp_path / "archive"):
        archive(config, now=START + 3 * DAY, longest_seconds=1.0)

        assert f"{tmp_path / 'archive'} does not answer" in look(config).details[0]
        assert read_bodies(config) == ALL


@pytest.mark.parametrize("is_made", [False, True], ids=["gone", "empty"])
def test_a_folder_that_had_files_is_not_filled_on_another_disk(
    is_made: bool, tmp_path: Path
) -> None:
    config = make_pages(tmp_path)
    archive(config, now=START + 2 * DAY)
    (tmp_path / "archive").rename(tmp_path / "not mounted")
    if is_made:  # the place where a disk is mounted is a folder, and Docker makes one
        (tmp_path / "archive").mkdir()

    archive(config, now=START + 3 * DAY)

    assert not [*tmp_path.glob("archive/*")]
    assert "mount its disk" in look(config).details[0]
    assert count_in_database(config) == 3

    (tmp_path / "not mounted").rename(tmp_path / "archive")
    archive(config, now=START + 4 * DAY)

    assert look(config).verdict is Verdict.OK
    assert read_bodies(config) == ALL


# old files


def test_files_are_deleted_whole_when_they_are_old(tmp_path: Path) -> None:
    config = make_pages(tmp_path, retention="30d")
    archive(config, now=START + 3 * DAY)

    archive(config, now=START + 31 * DAY + timedelta(hours=1))

    assert [file.name[:20] for file in files_of(config)] == ["watchword-2026-11-24"]
    assert read_bodies(config) == {number: ALL[number] for number in (4, 5, 6)}
    assert "3 pages in 1 file" in look(config).summary


def test_old_files_that_were_moved_are_deleted_where_they_are(tmp_path: Path) -> None:
    config = make_pages(tmp_path, retention="30d")
    archive(config, now=START + 3 * DAY)
    (tmp_path / "archive").rename(tmp_path / "elsewhere")
    to = config.archive.model_copy(update={"to": str(tmp_path / "elsewhere")})
    moved = config.model_copy(update={"archive": to})

    archive(moved, now=START + 31 * DAY + timedelta(hours=1))

    assert [file.name[:20] for file in files_of(moved)] == ["watchword-2026-11-24"]
    assert read_bodies(moved) == {number: ALL[number] for number in (4, 5, 6)}


def test_an_old_file_waits_for_a_place_that_cannot_be_reached(tmp_path: Path) -> None:
    config = make_pages(tmp_path, retention="30d")
    archive(config, now=START + 3 * DAY)
    (tmp_path / "archive").rename(tmp_path / "away")
    (tmp_path / "archive").write_text("a file where the folder was")

    archive(config, now=START + 31 * DAY + timedelta(hours=1))

    assert look(config).verdict is Verdict.LOOK
    (tmp_path / "archive").unlink()
    (tmp_path / "away").rename(tmp_path / "archive")
    archive(config, now=START + 32 * DAY)
    assert look(config).verdict is Verdict.OK
    assert files_of(config) == []


def test_a_database_put_back_reads_the_files_written_after_its_backup_or_goes_on(
    tmp_path: Path,
) -> None:
    config = make_pages(tmp_path)
    backup = config.store.path.read_bytes()
    archive(config, now=START + 3 * DAY)
    config.store.path.write_bytes(backup)

    archive(config, now=START + 3 * DAY)

    # files of the time in between stay there, under names that the old database does not write to
    assert len(files_of(config)) == 4
    assert read_bodies(config) == ALL


def test_a_damaged_page_is_named_and_tried_again_later(tmp_path: Path) -> None:
    config = make_pages(tmp_path)
    with closing(sqlite3.connect(config.store.path)) as connection:
        connection.execute("UPDATE pages SET body = x'28b52ffd00' WHERE id = 2")
        connection.commit()

    archive(config, now=START + 3 * DAY)

    assert look(config).verdict is Verdict.LOOK
    assert "page 2 of the database is damaged" in look(config).details[0]
    assert count_in_database(config) == 6

    with closing(sqlite3.connect(config.store.path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM pages WHERE id = 2")
        connection.commit()
    archive(config, now=START + 4 * DAY)

    assert read_bodies(config) == {number: body for number, body in ALL.items() if number != 2}
    assert look(config).verdict is Verdict.OK


def test_a_stop_is_no_trouble(tmp_path: Path) -> None:
    config = make_pages(tmp_path)

    archive(config, now=START + 3 * DAY, is_stopped=True)

    assert look(config).verdict is Verdict.OK
    assert ask(config, "SELECT tries, trouble FROM archive_files") == [(0, "")]
    archive(config, now=START + 3 * DAY)
    assert read_bodies(config) == ALL
    assert count_in_database(config) == 0


@needs_root
def test_in_a_read_only_place_the_pages_stay_where_they_are(tmp_path: Path) -> None:
    config = make_pages(tmp_path)
    with mount_small_disk(tmp_path / "disk") as disk:
        there = config.archive.model_copy(update={"to": str(disk.path)})
        disk.remount("ro")
        archive(config.model_copy(update={"archive": there}), now=START + 3 * DAY)

    assert "Read-only" in str(look(config).details)
    assert count_in_database(config) == 6
