"""`make pythons`: the quick tests on every Python from 3.11 that is here or that uv can bring; says which were left out, and why.

    python -m tests.installation.pythons [3.12 ...]

Each gets an environment of its own in build/pythons, with the versions of requirements-dev.txt. Exit code 1 where tests or the
installation fail on one that is here; one that cannot be had, or for which a requirement has no wheel, fails nothing.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# the newest release; a later version is tried if it is named
_NEWEST = (3, 14)
_UV_SECONDS = 300
# pip's words; the same versions were installed on the Python that runs this
_NO_WHEEL = re.compile(r"No matching distribution found for (\S+)")
_ASK = "import sys; print(*sys.version_info[:2], sep='.')"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result for one version; ``failure`` is empty if its tests pass, ``skipped`` says why they were not run."""

    version: str
    failure: str = ""
    skipped: str = ""

    def __str__(self) -> str:
        if self.skipped:
            return f"{self.version}  skipped: {self.skipped}"
        return f"{self.version}  {f'FAILED: {self.failure}' if self.failure else 'passed'}"


def list_versions() -> tuple[str, ...]:
    """Return every version from the oldest that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = re.search(r">=3\.(\d+)", project["requires-python"])
    assert oldest is not None
    return tuple(f"3.{minor}" for minor in range(int(oldest[1]), _NEWEST[1] + 1))


def find_python(version: str) -> Path | None:
    """Return a working interpreter of this version: of this environment, on PATH, of pyenv, or of uv; None if there is none."""
    return next((path for path in _list_candidates(version) if _is_version(path, version)), None)


def _list_candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    if named := shutil.which(f"python{version}"):
        yield Path(named)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob(f"{version}.*/bin/python"), reverse=True)
    if uv := shutil.which("uv"):
        found = _run([uv, "python", "find", "--managed-python", version])
        if found.returncode == 0:
            yield Path(found.stdout.strip())


def _is_version(path: Path, version: str) -> bool:
    # pyenv has a shim for every version, which fails for those not chosen
    try:
        asked = _run([str(path), "-c", _ASK])
    except OSError:
        return False
    return asked.returncode == 0 and asked.stdout.strip() == version


def bring_python(version: str) -> tuple[Path | None, str]:
    """Install this version with uv; return its interpreter, or why there is none."""
    uv = shutil.which("uv")
    if uv is None:
        return None, "not on this machine, and there is no uv to bring it"
    try:
        asked = _run([uv, "python", "install", version], seconds=_UV_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"uv did not bring it within {_UV_SECONDS} seconds"
    if asked.returncode:
        lines = [line.strip() for line in asked.stderr.splitlines() if line.strip()]
        return None, f"uv could not bring it: {lines[-1] if lines else 'no reason given'}"
    return find_python(version), "uv brought it, and it does not run"


def test_on(version: str) -> Outcome:
    """Run the quick tests on this version; return the result."""
    python, reason = find_python(version), ""
    if python is None:
        python, reason = bring_python(version)
    if python is None:
        return Outcome(version=version, skipped=reason)
    own = Path(sys.executable)
    if python != own:
        folder = ROOT / "build" / "pythons" / version
        own = folder / "bin" / "python"
        if failure := _install(python, folder):
            return explain_failure(version, failure)
    sys.stdout.write(f"--- {version}: {python}\n")
    sys.stdout.flush()
    # as `make test` does: two tests a core, as most of them wait
    workers = str(2 * (os.cpu_count() or 1))
    quick = ["-n", workers, "--dist", "worksteal", "-m", "not slow", "--hypothesis-profile=fast"]
    done = subprocess.run([str(own), "-m", "pytest", *quick], cwd=ROOT, check=False)
    return Outcome(version=version, failure="tests" if done.returncode else "")


def _install(python: Path, folder: Path) -> str:
    """Create an environment with all that the tests need; return what went wrong, empty if nothing."""
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    steps = (
        [str(python), "-m", "venv", "--clear", str(folder)],
        # only wheels: on a Python too new for a requirement, building it needs compilers that are not ours to ask for
        [
            *pip,
            "install",
            "--only-binary",
            ":all:",
            "--require-hashes",
            "-r",
            "requirements-dev.txt",
            "-r",
            "requirements-build.txt",
        ],
        [*pip, "install", "--no-deps", "--no-build-isolation", "--no-index", "-e", "."],
    )
    for step in steps:
        done = _run(step)
        if done.returncode:
            return f"{' '.join(step)}\n{done.stderr[-2000:]}"
    return ""


def explain_failure(version: str, failure: str) -> Outcome:
    """Return the result of an installation that failed: skipped if a requirement has no wheel for this version."""
    if missing := _NO_WHEEL.search(failure):
        return Outcome(version=version, skipped=f"no wheel of {missing[1]} for it")
    return Outcome(version=version, failure=failure)


def make_report(outcomes: Sequence[Outcome]) -> str:
    """Return the results, a line each; one more if no other Python than the running one was tried."""
    lines = ["", "Python", *map(str, outcomes)]
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if all(outcome.skipped or outcome.version == own for outcome in outcomes):
        lines.append(f"No Python other than {own} was tried, for the reasons above.")
    return "\n".join([*lines, ""])


def _run(command: list[str], *, seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds
    )


def main() -> None:
    """Test on each version and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("versions", nargs="*", default=list_versions())
    outcomes = [test_on(version) for version in parser.parse_args().versions]
    sys.stdout.write(make_report(outcomes))
    sys.exit(any(outcome.failure for outcome in outcomes))


if __name__ == "__main__":
    main()
