"""`make notice`: write into NOTICE the licences of all packages that an installation is made of.

python -m tests.installation.notice
"""

import sys
from collections.abc import Sequence
from itertools import groupby

from tests.installation.licences import ROOT, Package, list_names, list_packages

NOTICE = ROOT / "NOTICE"
_BEGIN = "Watchword needs packages of others."
# licences that ask more than to be named, and what that means here; a new one turns the test red until it is explained
EXPLAINED = {
    "MPL-2.0": "changes of its own files have to be published; Watchword uses it as it is, as a separate package, and its "
    "source is at its project",
    "LGPL-3.0-only": "changes of its own files have to be published, and whoever passes it on has to let others exchange it for a "
    "version of theirs; it comes with the extra `cluster` only, as a separate package, unchanged, and its source is at its project",
    "MPL-1.1": "of the three licences that are offered this one is chosen, and means the same as MPL-2.0",
}
# they want their text and names to be kept with copies, which installing the packages does
PERMISSIVE = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense", "ZPL-2.1", "Zlib",
})  # fmt: skip


def find_unexplained(packages: Sequence[Package]) -> list[str]:
    """Return the packages that no licence lets us use without a word here: none may be left."""
    known = PERMISSIVE | EXPLAINED.keys()
    return [
        f"{package.name}: {package.licence}"
        for package in packages
        if not any(list_names(choice) <= known for choice in package.licence.split(" OR "))
    ]


def write_notice(text: str, packages: Sequence[Package]) -> str:
    """Return a NOTICE with its part on packages written anew."""
    own = text.partition(_BEGIN)[0].rstrip()
    lines = [
        own,
        "",
        f"{_BEGIN} They are no part of it: installers fetch each from its own project, and its licence is installed with it.",
        "This part is written by `make notice` from requirements*.txt and the metadata of the packages; the image holds all of them.",
        "",
    ]
    by_licence = sorted(packages, key=lambda one: (one.licence, one.name))
    for licence, group in groupby(by_licence, key=lambda one: one.licence):
        lines += _wrap(f"{licence}: {', '.join(one.name for one in group)}")
    lines.append("")
    for name, meaning in EXPLAINED.items():
        concerned = [one.name for one in packages if name in list_names(one.licence)]
        if concerned:
            lines += _wrap(f"{name} ({', '.join(concerned)}): {meaning}.")
    return "\n".join([*lines, ""])


def _wrap(text: str) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > 120:
            lines.append(" ")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def main() -> None:
    """Write the file."""
    packages = list_packages()
    if unexplained := find_unexplained(packages):
        sys.exit("NOTICE is as it was; explain these licences in tests/installation/notice.py, or do without:\n" + "\n".join(unexplained))  # fmt: skip
    NOTICE.write_text(write_notice(NOTICE.read_text(), packages))
    sys.stdout.write(f"NOTICE: {len(packages)} packages\n")


if __name__ == "__main__":
    main()
