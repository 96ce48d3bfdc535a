"""The error for a user without write access names the owner of the folder, the user, and the remedy."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from crawler.machine.access import explain_access
from crawler.machine.temporary import ensure_temporary_folder

ROOT = Path(__file__).resolve().parents[3]
STRANGER = 123_456
OPEN = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from crawler.errors import DatabaseUnusable
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.instance_lock import InstanceLock
if os.getuid() == 0:
    os.setgroups([]); os.setgid({uid}); os.setuid({uid})
for use in (open_for_writing, lambda path: InstanceLock(path).__enter__()):
    try:
        use(Path({path!r}))
    except DatabaseUnusable as error:
        print(error)
"""


def _open_as_somebody(path: Path) -> list[str]:
    code = OPEN.format(uid=STRANGER, root=str(ROOT), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_folder_of_another_user_is_named_with_the_remedy(tmp_path: Path) -> None:
    for folder in (
        tmp_path,
        *tmp_path.parents[:3],
    ):  # the folders of pytest, and between them that of xdist
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)

    printed = _open_as_somebody(folder / "watchword.db")

    assert len(printed) == 2
    for line in printed:
        assert f"the folder {folder} belongs to uid 0, mode 755, and this is uid {STRANGER}" in line
        assert f"chown -R {STRANGER} {folder}" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_remedy_for_an_own_folder_that_is_closed_is_chmod(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)

    printed = _open_as_somebody(folder / "watchword.db")

    assert all(f"chmod u+w {folder}" in line for line in printed)


def test_an_error_that_is_not_about_rights_is_reported_as_it_is(tmp_path: Path) -> None:
    error = ValueError("file is not a database")

    assert explain_access(error, tmp_path / "watchword.db") == "file is not a database"


NO_PLACE = """
import sys, tempfile
from pathlib import Path
sys.path.insert(0, {root!r})
from crawler.machine.temporary import ensure_temporary_folder
tempfile._candidate_tempdir_list = lambda: [d for d in (__import__("os").environ.get("TMPDIR"),) if d]
ensure_temporary_folder(Path({path!r}))
print(tempfile.gettempdir())
print(__import__("os").environ["TMPDIR"])
"""


def test_without_a_place_for_temporary_files_they_lie_beside_the_database(tmp_path: Path) -> None:
    path = tmp_path / "data" / "watchword.db"
    code = NO_PLACE.format(root=str(ROOT), path=str(path))
    environment = {name: text for name, text in os.environ.items() if name != "TMPDIR"}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [str(path.parent / ".tmp")] * 2


def test_an_existing_place_for_temporary_files_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)

    ensure_temporary_folder(tmp_path / "watchword.db")

    assert "TMPDIR" not in os.environ
    assert not (tmp_path / ".tmp").exists()
