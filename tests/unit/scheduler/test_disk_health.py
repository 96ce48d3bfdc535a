"""The finding on whether other users can read who is mailed what."""

from pathlib import Path

import pytest

from crawler.config.schema import Config
from watchword.doctor.findings import Verdict
from watchword.doctor.storage.disk_health import look_at_readers


@pytest.fixture
def files(config: Config, tmp_path: Path) -> tuple[Path, Path]:
    """Return a database and its key, in folders that everybody may enter."""
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    path = config.store.path
    path.parent.mkdir(parents=True, exist_ok=True)
    key = path.with_name(f"{path.name}.key")
    for file in (path, key):
        file.touch(mode=0o600)
    return path, key


@pytest.mark.parametrize(
    ("mode", "verdict"), [(0o600, Verdict.OK), (0o640, Verdict.OK), (0o644, Verdict.LOOK), (0o602, Verdict.LOOK)]
)  # fmt: skip
@pytest.mark.parametrize("which", [0, 1])
def test_a_file_open_to_all_is_named_with_the_remedy(
    config: Config, files: tuple[Path, Path], which: int, mode: int, verdict: Verdict
) -> None:
    files[which].chmod(mode)

    found = look_at_readers(config)

    assert found.verdict is verdict
    assert (f"chmod o-rwx {files[which]}" in found.remedy) == (verdict is Verdict.LOOK)


def test_files_below_a_closed_folder_are_open_to_nobody(
    config: Config, files: tuple[Path, Path]
) -> None:
    files[0].chmod(0o644)
    files[0].parent.chmod(0o700)

    assert look_at_readers(config).verdict is Verdict.OK


def test_missing_files_are_not_reported_as_open(config: Config) -> None:
    assert look_at_readers(config).verdict is Verdict.OK
