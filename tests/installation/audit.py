"""`make audit`: whether any required package has a published weakness, asked of PyPI or of a local copy of advisories.

    python -m tests.installation.audit [--advisories all.zip] [--ignore ID]

PyPI is asked with pip-audit (Python Packaging Advisory Database). Without network take a copy of OSV's advisories for PyPI
along: https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip, and `make audit ADVISORIES=all.zip`.
Exit code 0: none has one; 1: some have; 2: not all could be looked up, so nothing is known.
"""

import argparse
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.installation.licences import REQUIREMENTS, ROOT, Package, read_requirements

FILES = (*REQUIREMENTS, "requirements-dev.txt", "requirements-build.txt")
# an advisory is some kilobytes; this bounds a file that is none
_MOST_BYTES = 5_000_000
_SECONDS = 900


class NotAudited(Exception):
    """Not all packages could be looked up; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """A published weakness of a version that is required."""

    package: str
    version: str
    id: str
    fixed: tuple[str, ...]
    summary: str

    def __str__(self) -> str:
        cure = f"mended in {', '.join(self.fixed)}" if self.fixed else "not mended yet"
        return f"{self.package} {self.version}: {self.id}, {cure}{f': {self.summary}' if self.summary else ''}"  # fmt: skip


def list_pinned(files: Iterable[str] = FILES) -> tuple[Package, ...]:
    """Return the packages of all requirements files, each version once."""
    found = {(one.name, one.version): one for file in files for one in read_requirements((ROOT / file).read_text())}  # fmt: skip
    return tuple(found[key] for key in sorted(found))


def read_copy(file: Path, packages: Sequence[Package]) -> tuple[list[Advisory], str]:
    """Return the advisories of a local copy about these packages, and the day of the newest in it.

    file    a zip of OSV's JSON files, one an advisory
    raises  NotAudited if it is none
    """
    wanted = {package.name: [one.version for one in packages if one.name == package.name] for package in packages}  # fmt: skip
    advisories: list[Advisory] = []
    newest, count = "", 0
    try:
        for record in _walk_copy(file):
            count += 1
            newest = max(newest, str(record.get("modified", ""))[:10])
            advisories += _list_affected(record, wanted)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise NotAudited(f"{file} is no copy of OSV's advisories: {error}") from error
    if not count:
        raise NotAudited(f"{file} holds no advisories")
    return advisories, f"{count} advisories in {file.name}, the newest of {newest}"


def _walk_copy(file: Path) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.filename.endswith(".json") and info.file_size <= _MOST_BYTES:
                record = json.loads(archive.read(info))
                if not isinstance(record, dict) or "id" not in record:
                    raise ValueError(f"{info.filename} is no advisory")
                yield record


def _list_affected(
    record: Mapping[str, Any], wanted: Mapping[str, Sequence[str]]
) -> Iterator[Advisory]:
    """Yield what an advisory says of these versions; one that was withdrawn says nothing."""
    if record.get("withdrawn"):
        return
    for affected in record.get("affected", ()):
        package = affected.get("package", {})
        name = canonicalize_name(str(package.get("name", "")))
        if package.get("ecosystem") != "PyPI":
            continue
        for version in wanted.get(name, ()):
            if is_affected(affected, version):
                fixed = {str(event["fixed"]) for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM" for event in one.get("events", ()) if "fixed" in event}  # fmt: skip
                yield Advisory(package=name, version=version, id=str(record["id"]), fixed=tuple(sorted(fixed)), summary=_one_line(record.get("summary")))  # fmt: skip


def is_affected(affected: Mapping[str, Any], version: str) -> bool:
    """Return whether a version is among those that an advisory lists, or in one of its ranges (OSV schema, "affected")."""
    if version in affected.get("versions", ()):
        return True
    ranges = [one for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM"]
    return any(_is_in(one.get("events", ()), Version(version)) for one in ranges)


def _is_in(events: Sequence[Mapping[str, str]], version: Version) -> bool:
    is_in = False
    for kind, bound in sorted(((kind, bound) for event in events for kind, bound in event.items()), key=lambda one: _read_bound(one[1])):  # fmt: skip
        at = _read_bound(bound)
        if kind == "introduced" and at <= version:
            is_in = True
        elif (kind == "fixed" and at <= version) or (kind == "last_affected" and at < version):
            is_in = False
    return is_in


def _read_bound(text: str) -> Version:
    try:
        return Version(text)
    except (
        InvalidVersion
    ):  # what cannot be compared must not hide a weakness: it counts as of the beginning
        return Version("0")


def ask_pypi(packages: Sequence[Package]) -> tuple[list[Advisory], str]:
    """Return what PyPI knows about these packages; raises NotAudited if it cannot be asked about all of them."""
    if find_spec("pip_audit") is None:
        raise NotAudited("pip-audit is not installed: `make setup-dev` brings it")
    files = [word for file in FILES for word in ("-r", file)]
    command = [sys.executable, "-m", "pip_audit", *files, "--disable-pip", "--require-hashes", "-s", "pypi", "-f", "json", "--progress-spinner", "off"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_SECONDS)  # fmt: skip
    return read_answer(done.stdout, done.stderr, packages)


def read_answer(
    printed: str, errors: str, packages: Sequence[Package]
) -> tuple[list[Advisory], str]:
    """Return what pip-audit found; raises NotAudited if it left out any of these packages, which it does with exit code 0."""
    try:
        found = json.loads(printed)["dependencies"]
    except (ValueError, KeyError) as error:
        lines = [line.strip() for line in errors.splitlines() if line.strip()]
        raise NotAudited(f"PyPI's advisories cannot be reached ({_one_line(lines[-1] if lines else 'no answer')})") from error  # fmt: skip
    audited = {canonicalize_name(one["name"]) for one in found if "vulns" in one}
    # those of other platforms are not looked up by pip-audit
    left_out = sorted(one.name for one in packages if not one.marker and one.name not in audited)
    if left_out:
        shown = ", ".join(left_out[:5]) + (f" and {len(left_out) - 5} more" if len(left_out) > 5 else "")  # fmt: skip
        raise NotAudited(f"PyPI had no answer about {len(left_out)} of {len(packages)} packages ({shown})")  # fmt: skip
    advisories = [
        Advisory(package=canonicalize_name(one["name"]), version=str(one["version"]), id=str(each["id"]), fixed=tuple(each.get("fix_versions", ())), summary=_one_line(each.get("description")))
        for one in found
        for each in one.get("vulns", ())
    ]  # fmt: skip
    return advisories, "asked of PyPI today"


def _one_line(text: object) -> str:
    line = re.sub(r"[^\x20-\x7e\xa0-\uffff]+", " ", str(text or ""))
    return line[:150].strip()


def main() -> None:
    """Audit, and end with the exit code that says what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.installation.audit", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--advisories", type=Path, metavar="FILE", help="a local copy, all.zip")
    parser.add_argument("--ignore", action="append", default=[], metavar="ID", help="an advisory that does not concern us; say why in SECURITY.md")  # fmt: skip
    options = parser.parse_args()
    packages = list_pinned()
    try:
        found, source = read_copy(options.advisories, packages) if options.advisories else ask_pypi(packages)  # fmt: skip
    except NotAudited as error:
        hint = "" if options.advisories else "\nWithout network: fetch https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip elsewhere, then `make audit ADVISORIES=all.zip`."  # fmt: skip
        sys.stderr.write(f"Not audited: {error}.{hint}\n")
        sys.exit(2)
    left = [one for one in found if one.id not in options.ignore]
    sys.stdout.write("".join(f"{one}\n" for one in left))
    today = datetime.now().astimezone().date().isoformat()
    sys.stdout.write(f"{today}: {len(packages)} packages, {len(left)} advisories ({source})\n")
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
