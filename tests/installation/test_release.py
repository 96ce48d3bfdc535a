"""`make release`: what it refuses, and what it makes of a clone."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.installation.release import Refused, check_changelog

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 27)
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("1.2.3, unreleased", 'begins with "## 1.2.3, unreleased"; write "## 1.2.3, 2026-11-27"'),
        ("1.2.2, 2026-11-01", 'write "## 1.2.3, 2026-11-27"'),
        ("1.2.3, 2026-11-28", "in the future"),
    ],
)
def test_a_changelog_that_is_not_of_this_release_is_refused(heading: str, words: str) -> None:
    with pytest.raises(Refused, match=re.escape(words)):
        check_changelog(f"# Changelog\n\n## {heading}\n", "1.2.3", today=TODAY)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone whose changelog is dated today, with what is not committed here."""
    folder = tmp_path / "clone"
    run(["git", "clone", "--quiet", "--no-local", "--depth", "1", f"file://{ROOT}", str(folder)])
    for path in (ROOT / "pyproject.toml", *(ROOT / "tests/installation").glob("*.py")):
        (folder / path.relative_to(ROOT)).write_bytes(path.read_bytes())
    changelog = folder / "CHANGELOG.md"
    heading = f"## 9.8.7, {date.today().isoformat()}"  # noqa: DTZ011
    changelog.write_text(re.sub(r"(?m)^## .*$", heading, changelog.read_text(), count=1))
    run(["git", "add", "-A"], folder)
    run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x"], folder
    )
    return folder


def run(command: list[str], folder: Path = ROOT, code: int = 0) -> str:
    # the clone's own modules, not ours
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_release_is_two_equal_builds_with_sbom_and_checksums(clone: Path) -> None:
    release: Callable[..., str] = lambda version, code=0: run(  # noqa: E731
        [sys.executable, "-m", "tests.installation.release", version], clone, code
    )

    printed = release("9.8.7")

    out = clone / "build" / "release"
    names = {one.name for one in out.iterdir()}
    wheel, sdist, sbom = (
        "watchword-9.8.7-py3-none-any.whl",
        "watchword-9.8.7.tar.gz",
        "watchword-9.8.7.cdx.json",
    )
    assert names == {wheel, sdist, sbom, "SHA256SUMS"}
    for line in (out / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    made = json.loads((out / sbom).read_text())
    assert {"scrapy", "pydantic", "datasette"} <= {one["name"] for one in made["components"]}
    assert made["metadata"]["component"]["version"] == "9.8.7"
    assert "seeds/catalogue/feeds.toml" in zipfile.ZipFile(out / wheel).namelist()
    notices = [one for one in zipfile.ZipFile(out / wheel).namelist() if one.endswith("/NOTICE")]
    assert len(notices) == 1  # whose words and tables we bring goes wherever they go
    with tarfile.open(out / sdist) as opened:
        assert "watchword-9.8.7/NOTICE" in opened.getnames()
        assert not [name for name in opened.getnames() if "/tests/" in name]
    assert "Nothing is published" in printed
    assert "git tag -s v9.8.7" in printed

    (clone / "README.md").write_text("changed")
    assert "not as committed" in release("9.8.7", 1)
    assert " M README.md" in release("9.8.7", 1)
    assert '"9.8" is no version' in release("9.8", 1)
