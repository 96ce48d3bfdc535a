"""`make sbom`: what an installation is made of (SBOM, CycloneDX), with versions, hashes and licences. Needs no network.

python -m tests.installation.sbom [FILE]
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from tests.installation.licences import ROOT, Package, list_packages


class Invalid(Exception):
    """The list is not valid CycloneDX; a fault of this file."""


def make_sbom(packages: Sequence[Package], *, version: str) -> str:
    """Return the list as CycloneDX JSON, the same bytes for the same packages; raises Invalid."""
    own = _make_component("watchword", version, licence="Apache-2.0", kind=ComponentType.APPLICATION)  # fmt: skip
    components = [_make_library(package) for package in packages]
    bom = Bom(components=components)
    bom.metadata.component = own
    bom.register_dependency(own, components)
    for component in components:
        bom.register_dependency(component)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    # neither number nor time: who builds the release again gets the same file
    del written["serialNumber"], written["metadata"]["timestamp"]
    text = json.dumps(written, indent=2, sort_keys=True) + "\n"
    if errors := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise Invalid(str(errors))
    return text


def _make_library(package: Package) -> Component:
    made = _make_component(package.name, package.version, licence=package.licence, kind=ComponentType.LIBRARY)  # fmt: skip
    made.hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in package.hashes]
    if package.marker:
        made.properties = [Property(name="watchword:installed-where", value=package.marker)]
    return made


def _make_component(name: str, version: str, *, licence: str, kind: ComponentType) -> Component:
    purl = PackageURL(type="pypi", name=name, version=version)
    stated = LicenseFactory().make_from_string(licence)
    return Component(name=name, version=version, type=kind, purl=purl, bom_ref=str(purl), licenses=[stated])  # fmt: skip


def write_sbom(file: Path, version: str) -> None:
    """Write the list of what a version is made of, its extras included."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(make_sbom(list_packages(), version=version))


def main() -> None:
    """Write the list of this version."""
    from importlib.metadata import version  # noqa: PLC0415

    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "watchword.cdx.json"
    write_sbom(file, version("watchword"))
    sys.stdout.write(f"{file}: {len(list_packages())} packages\n")


if __name__ == "__main__":
    main()
