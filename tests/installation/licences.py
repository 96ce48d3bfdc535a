"""Which packages an installation is made of, and the licence of each, from what is installed.

A package without a known licence is an error: somebody has to look at it before it is a requirement (``_STATED``).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from license_expression import ExpressionError, get_spdx_licensing
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# what everybody installs, and what the extras add; the tools of developers are part of no installation
REQUIREMENTS = (
    "requirements.txt",
    "requirements-browser.txt",
    "requirements-channels.txt",
    "requirements-cluster.txt",
    "requirements-pdf.txt",
    "requirements-warc.txt",
)
_PIN = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# looked up by hand: packages of other platforms or of an extra that is not in requirements-dev.txt, and unclear statements
_STATED = {
    "brotlicffi": "MIT",
    "click-default-group": "BSD-3-Clause",  # its classifier says "Public Domain", its licence file this
    "flexcache": "BSD-3-Clause",
    "pydispatcher": "BSD-3-Clause",
    "pypydispatcher": "BSD-3-Clause",
    "pystemmer": "MIT AND BSD-3-Clause",  # the wrapper, and Snowball inside
    "scrapy-playwright": "BSD-3-Clause",
}
_WORDS = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "the bsd 2-clause license": "BSD-2-Clause",
}
_EXPRESSION = re.compile(r"[A-Za-z0-9.+() -]{2,200}")
_BSD = {"bsd", "bsd license"}
_SPDX = get_spdx_licensing()


class Unknown(Exception):
    """A package's licence is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A pinned requirement.

    marker  where it is installed, empty if everywhere
    hashes  SHA-256 of each of its files
    """

    name: str
    version: str
    marker: str = ""
    hashes: tuple[str, ...] = ()
    licence: str = ""


def list_packages(files: Iterable[str] = REQUIREMENTS) -> tuple[Package, ...]:
    """Return the packages of requirements files with their licences, each once, by name.

    raises  Unknown, naming every package whose licence is not known
    """
    found: dict[str, Package] = {}
    unknown = []
    for file in files:
        for package in read_requirements((ROOT / file).read_text()):
            try:
                licence = find_licence(package.name)
            except Unknown as error:
                unknown.append(str(error))
                continue
            known = Package(name=package.name, version=package.version, marker=package.marker, hashes=package.hashes, licence=licence)  # fmt: skip
            found.setdefault(package.name, known)
    if unknown:
        raise Unknown("\n".join(dict.fromkeys(unknown)))
    return tuple(found[name] for name in sorted(found))


def read_requirements(text: str) -> tuple[Package, ...]:
    """Return the packages of a hashed requirements file."""
    starts = [*_PIN.finditer(text)]
    ends = [one.start() for one in starts[1:]] + [len(text)]
    return tuple(
        Package(
            name=canonicalize_name(pin[1]),
            version=pin[2],
            marker=(pin[3] or "").strip(),
            hashes=tuple(_HASH.findall(text[pin.start() : end])),
        )
        for pin, end in zip(starts, ends, strict=True)
    )


def find_licence(name: str) -> str:
    """Return a package's licence as an SPDX expression; raises Unknown with what to do."""
    stated = _STATED.get(name)
    distribution = _installed().get(name)
    if stated is None and distribution is not None:
        stated = read_licence(distribution.metadata.json, _read_files(distribution))
    if stated is None or not is_spdx(stated):
        where = "it is not installed" if distribution is None else f"it states {stated!r}"
        raise Unknown(f"the licence of {name} is not known ({where}): look it up, and write it into _STATED of tests/installation/licences.py")  # fmt: skip
    return stated


def read_licence(metadata: Mapping[str, object], texts: str) -> str | None:
    """Return the licence that a package's metadata state, in SPDX's words; None if they state none.

    texts  its licence files: of BSD's licences, only their text says which it is
    """
    if expression := str(metadata.get("license_expression") or ""):
        return expression
    classifiers = metadata.get("classifier")
    named = [str(one).rpartition("::")[2].strip() for one in classifiers if str(one).startswith("License ::")] if isinstance(classifiers, list) else []  # fmt: skip
    for words in (str(metadata.get("license") or "").strip(), *named):
        lower = words.lower()
        if lower in _WORDS:
            return _WORDS[lower]
        if lower in _BSD:
            return "BSD-3-Clause" if "either the name" in " ".join(texts.split()) else "BSD-2-Clause" if texts else None  # fmt: skip
        if words and lower != "unknown" and is_spdx(words):
            return words
    return None


def is_spdx(expression: str) -> bool:
    """Return whether a text is an expression of licences that SPDX knows."""
    # a whole licence instead of its name; the library fails on some of them
    if not _EXPRESSION.fullmatch(expression):
        return False
    try:
        return not _SPDX.validate(expression).errors
    except ExpressionError:
        return False


def list_names(expression: str) -> frozenset[str]:
    """Return the licences that an expression names."""
    return frozenset(_SPDX.license_keys(expression))


@cache
def _installed() -> dict[str, Distribution]:
    return {canonicalize_name(one.name): one for one in distributions()}


def _read_files(distribution: Distribution) -> str:
    files = [file for file in distribution.files or () if re.search("licen|copying", file.name, re.IGNORECASE)]  # fmt: skip
    return "\n".join(Path(str(file.locate())).read_text(errors="replace") for file in files if file.suffix != ".py")  # fmt: skip
