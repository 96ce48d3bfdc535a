"""`make release VERSION=1.2.3`: prepare a release in build/release/ and say what to do next. Nothing is published.

    python -m tests.installation.release 1.2.3

Checks that nothing is uncommitted and that the changelog has this version and its date; builds sdist and wheel twice, in
different folders, and compares them; writes the list of what they are made of (SBOM, CycloneDX) and the checksums.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tests.installation.sbom import write_sbom

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "release"
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")


class Refused(Exception):
    """The release cannot be prepared; the text says what to do first."""


def check_changelog(text: str, version: str, *, today: date) -> None:
    """Raise Refused unless the newest heading of the changelog is this version with the date of a day that has come."""
    heading = next((line[3:] for line in text.splitlines() if line.startswith("## ")), "")
    wanted = f"{version}, {today.isoformat()}"
    stated, _, day = heading.partition(", ")
    if stated != version or not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise Refused(f'CHANGELOG.md begins with "## {heading}"; write "## {wanted}" and commit it')
    if date.fromisoformat(day) > today:
        raise Refused(f'CHANGELOG.md dates {version} in the future ({day}); write "## {wanted}"')


def check_tree(version: str) -> None:
    """Raise Refused if something is uncommitted, or the version's tag is on another commit."""
    changed = _git("status", "--porcelain").splitlines()
    if changed:
        shown = "\n  ".join(changed[:10])
        raise Refused(f"these files are not as committed; commit or remove them:\n  {shown}")
    tagged = _git("tag", "--list", f"v{version}") and _git("rev-list", "-n1", f"v{version}")
    if tagged and tagged != _git("rev-parse", "HEAD"):
        raise Refused(
            f"v{version} is the tag of another commit, {tagged[:12]}; choose a new version"
        )


def build(version: str, folder: Path) -> tuple[Path, ...]:
    """Return sdist and wheel, built from a fresh clone in this folder; the wheel is built from the sdist."""
    clone, out = folder / "clone", folder / "out"
    _run(["git", "clone", "--quiet", "--no-local", f"file://{ROOT}", str(clone)])
    # the tag is set once all this has gone well
    stated = {
        "SETUPTOOLS_SCM_PRETEND_VERSION": version,
        "SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct"),
    }
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out)]
    _run(command, folder=clone, environ=stated)
    return tuple(sorted(out.iterdir()))


def compare(first: Iterable[Path], second: Iterable[Path]) -> None:
    """Raise Refused if two builds are not the same bytes."""
    digests = [{one.name: _digest(one) for one in files} for files in (first, second)]
    if digests[0] != digests[1]:
        names = sorted({name for name, _ in digests[0].items() ^ digests[1].items()})
        raise Refused(f"two builds differ: {', '.join(names)}; nothing was kept")


def write_checksums(out: Path) -> None:
    """Write SHA256SUMS, as ``sha256sum --check`` reads it."""
    files = sorted(one for one in out.iterdir() if one.name != "SHA256SUMS")
    lines = [f"{_digest(one)}  {one.name}\n" for one in files]
    (out / "SHA256SUMS").write_text("".join(lines))


def prepare(version: str) -> None:
    """Prepare a release in build/release/, which is emptied first."""
    if not _VERSION.fullmatch(version):
        raise Refused(f'"{version}" is no version; write one such as 1.2.3 or 1.2.3rc1')
    check_tree(version)
    check_changelog((ROOT / "CHANGELOG.md").read_text(), version, today=date.today())  # noqa: DTZ011  # the day here
    shutil.rmtree(OUT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="release-a-") as one, tempfile.TemporaryDirectory(prefix="release-b-") as two:  # fmt: skip
        first = build(version, Path(one))
        compare(first, build(version, Path(two)))
        OUT.mkdir(parents=True)
        for file in first:
            shutil.copy2(file, OUT)
    write_sbom(OUT / f"watchword-{version}.cdx.json", version)
    write_checksums(OUT)


def say_next(version: str) -> str:
    """Return what was made, and the commands that publish it."""
    files = "\n".join(f"  {one.relative_to(ROOT)}" for one in sorted(OUT.iterdir()))
    return f"""\
{files}
Built twice, the same bytes each time. Nothing is published. Next:
  make check wheel-check                    if you have not
  git tag -s v{version} -m "Watchword {version}"
  git push origin v{version}
  python -m twine upload build/release/*.whl build/release/*.tar.gz
and attach all files of build/release/ to the release's page.
"""


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _git(*words: str) -> str:
    return _run(["git", *words], folder=ROOT).strip()


def _run(command: list[str], *, folder: Path = ROOT, environ: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refused(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
    return done.stdout


def main() -> None:
    """Prepare the release that the command line names."""
    version = sys.argv[1] if len(sys.argv) == 2 else ""
    try:
        prepare(version)
    except Refused as refused:
        sys.exit(f"No release: {refused}")
    sys.stdout.write(say_next(version))


if __name__ == "__main__":
    main()
