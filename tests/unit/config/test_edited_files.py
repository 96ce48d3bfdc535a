"""Editing keeps what belongs to the file: link, owner, mode, line ends, byte order mark."""

import os
import stat
from pathlib import Path

import pytest

from crawler.config.edit import add_items, change_item, rename_item
from crawler.config.files.find import replace_file
from crawler.errors import ConfigFaulty
from tests.storage.disks import mount_small_disk, needs_root

WATCH = '# what we watch\n[[watch]]\nname = "drones"\nquery = "drone"  # all of them\n'
FERRIES = {"name": "ferries", "query": "ferry"}
SOMEBODY = 123_456


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "watches.toml"
    path.write_text(WATCH)
    return path


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_symbolic_link_stays_and_its_target_is_edited(tmp_path: Path) -> None:
    checkout, folder = tmp_path / "dotfiles", tmp_path / "conf"
    checkout.mkdir()
    folder.mkdir()
    (checkout / "watches.toml").write_text(WATCH)
    (folder / "watches.toml").symlink_to("../dotfiles/watches.toml")

    add_items(folder, "watch", [FERRIES])

    assert (folder / "watches.toml").is_symlink()
    assert "ferries" in (checkout / "watches.toml").read_text()


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_dos_line_ends_and_the_byte_order_mark_stay(file: Path, bom: bytes) -> None:
    file.write_bytes(bom + WATCH.replace("\n", "\r\n").encode())

    add_items(file, "watch", [FERRIES])
    change_item(file, "watch", "drones", {"query": "UAV", "title_only": True})
    rename_item(file, "watch", "ferries", "boats")

    content = file.read_bytes()
    assert content.startswith(bom + b"# what we watch\r\n")
    assert content.count(b"\xef\xbb\xbf") == len(bom) // 3
    assert content.count(b"\n") == content.count(b"\r\n")
    assert b"boats" in content


def test_mixed_line_ends_are_left_as_they_are(file: Path) -> None:
    file.write_bytes(b"# one\r\n# two\n" + WATCH.encode())

    change_item(file, "watch", "drones", {"query": "UAV"})

    assert file.read_bytes().startswith(b"# one\r\n# two\n# what")


def test_the_mode_stays(file: Path) -> None:
    file.chmod(0o640)

    add_items(file, "watch", [FERRIES])

    assert mode_of(file) == 0o640


def test_a_new_file_has_the_mode_of_other_new_files(tmp_path: Path) -> None:
    (tmp_path / "main.toml").write_text("")
    before = os.umask(0o022)
    try:
        made = add_items(tmp_path, "watch", [FERRIES])
    finally:
        os.umask(before)

    assert mode_of(made) == 0o644


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")
def test_the_owner_stays_when_root_edits(tmp_path: Path, file: Path) -> None:
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    os.chown(file, SOMEBODY, SOMEBODY)
    file.chmod(0o600)

    add_items(tmp_path, "watch", [FERRIES])
    made = add_items(tmp_path, "source", [{"name": "courier", "url": "https://courier.example/"}])

    assert (file.stat().st_uid, file.stat().st_gid, mode_of(file)) == (SOMEBODY, SOMEBODY, 0o600)
    assert made.stat().st_uid == SOMEBODY


def test_a_file_with_hard_links_keeps_them(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "elsewhere"
    other.hardlink_to(file)

    replace_file(file, b"new")

    assert other.read_bytes() == b"new"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into every folder")
def test_a_file_in_a_folder_that_takes_no_new_ones_is_written_in_place(
    tmp_path: Path, file: Path
) -> None:
    tmp_path.chmod(0o555)

    replace_file(file, b"new")

    assert file.read_bytes() == b"new"


def test_no_temporary_file_is_left_behind(tmp_path: Path, file: Path) -> None:
    add_items(file, "watch", [FERRIES])

    assert [one.name for one in tmp_path.iterdir()] == ["watches.toml"]


def test_a_fault_that_was_there_before_does_not_prevent_an_edit(tmp_path: Path, file: Path) -> None:
    (tmp_path / "main.toml").write_text('[mail]\nport = "soon"\n')

    add_items(tmp_path, "watch", [FERRIES])

    assert "ferries" in file.read_text()


def test_a_fault_of_the_edit_itself_changes_nothing(tmp_path: Path, file: Path) -> None:
    (tmp_path / "main.toml").write_text('[mail]\nport = "soon"\n')

    with pytest.raises(ConfigFaulty, match="bogus"):
        add_items(tmp_path, "watch", [{**FERRIES, "bogus": 1}])

    assert file.read_text() == WATCH


@needs_root
@pytest.mark.parametrize("has_another_name", [False, True], ids=["replaced", "in place"])
def test_a_full_disk_leaves_the_configuration_as_it_was(
    tmp_path: Path, has_another_name: bool
) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        file = disk.path / "watches.toml"
        file.write_text(WATCH)
        if has_another_name:
            (disk.path / "elsewhere").hardlink_to(file)
        disk.fill()

        with pytest.raises(ConfigFaulty, match="No space left"):
            add_items(disk.path, "watch", [{**FERRIES, "query": "ferry OR " * 2000 + "ferry"}])

        assert file.read_text() == WATCH
        assert sorted(one.suffix for one in disk.path.glob(".*")) == []


@needs_root
def test_a_disk_that_is_read_only_leaves_the_configuration_as_it_was(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        file = disk.path / "watches.toml"
        file.write_text(WATCH)
        disk.remount("ro")

        with pytest.raises(ConfigFaulty, match="Read-only"):
            add_items(disk.path, "watch", [FERRIES])

        assert file.read_text() == WATCH


@needs_root
def test_an_edit_that_cannot_be_written_whole_is_undone_in_every_file(tmp_path: Path) -> None:
    folder = tmp_path / "conf"
    folder.mkdir()
    sources = '[[source]]\nname = "courier"\nurl = "https://courier.example/"\n'
    (folder / "sources.toml").write_text(sources)
    with mount_small_disk(tmp_path / "disk") as disk:
        watches = disk.path / "watches.toml"
        watches.write_text(f'{WATCH}sources = ["courier"]\n')
        (folder / "watches.toml").symlink_to(watches)
        disk.remount("ro")

        with pytest.raises(ConfigFaulty, match="Read-only"):
            rename_item(folder, "source", "courier", "gazette")

    assert (folder / "sources.toml").read_text() == sources


@needs_root
def test_a_file_written_in_place_is_restored_when_the_disk_is_full(tmp_path: Path) -> None:
    with mount_small_disk(tmp_path / "disk") as disk:
        file = disk.path / "watches.toml"
        file.write_text(WATCH)
        (disk.path / "elsewhere").hardlink_to(file)
        disk.fill()

        with pytest.raises(OSError, match="No space left"):
            replace_file(file, b"x" * 100_000)

        assert file.read_text() == WATCH
