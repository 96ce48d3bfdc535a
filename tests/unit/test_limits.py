"""Limits of the machine are read from where it states them, and fewer things are done at once for them."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.machine.limits import fit_workers, most_visits, read_memory_limit

ROOT = Path(__file__).resolve().parents[2]


def group(root: Path, name: str, limit: str, file: str = "memory.max") -> None:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(limit + "\n")


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/a/b\n", {"a": "max", "a/b": "300000000"}, 300_000_000),
        ("0::/a/b\n", {"a": "200000000", "a/b": "300000000"}, 200_000_000),
        ("0::/a/b\n", {"a": "max", "a/b": "max"}, None),
        ("0::/\n", {"": "536870912"}, 536_870_912),
        ("0::/../host/of/it\n", {"": "536870912"}, 536_870_912),
        ("", {}, None),
        ("nonsense\n", {"": "nonsense"}, None),
    ],
)
def test_the_smallest_limit_of_the_groups_we_are_in_counts(
    tmp_path: Path, own: str, limits: dict[str, str], expected: int | None
) -> None:
    for name, limit in limits.items():
        group(tmp_path, name, limit)
    (tmp_path / "own").write_text(own)

    assert read_memory_limit(tmp_path, tmp_path / "own") == expected


@pytest.mark.parametrize(
    ("limit", "expected"), [("400000000", 400_000_000), ("9223372036854771712", None)]
)
def test_the_first_version_of_control_groups_is_read(
    tmp_path: Path, limit: str, expected: int | None
) -> None:
    group(tmp_path, "memory/docker/x", limit, "memory.limit_in_bytes")
    (tmp_path / "own").write_text("11:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n")

    assert read_memory_limit(tmp_path, tmp_path / "own") == expected


def test_without_control_groups_nothing_limits(tmp_path: Path) -> None:
    assert read_memory_limit(tmp_path, tmp_path / "none") is None


@pytest.mark.parametrize(
    ("limit", "workers"), [(None, 4), (4_000_000_000, 4), (512_000_000, 2), (256_000_000, 1)]
)
def test_fewer_processes_read_pages_where_memory_is_short(limit: int | None, workers: int) -> None:
    assert fit_workers(4, limit) == workers


def test_too_little_memory_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    fit_workers(4, 256_000_000)

    assert "need" in caplog.text
    assert "512 MB" in caplog.text


@pytest.mark.parametrize(
    ("files", "visits"), [(65_536, 128), (1024, 128), (256, 36), (64, 4), (16, 1)]
)
def test_fewer_visits_are_made_at_once_where_few_files_may_be_open(files: int, visits: int) -> None:
    assert most_visits(files, wanted=128) == visits


def test_the_soft_limit_of_open_files_is_raised_to_the_hard_one() -> None:
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))\n"
        "from crawler.machine.limits import raise_file_limit\n"
        "print(raise_file_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 200:
        pytest.skip("fewer files than that may be open here")

    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["200", "200", "200"]
