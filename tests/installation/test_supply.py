"""What an installation is made of is listed with licences and hashes, and looked up among published weaknesses."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.installation.audit import (  # fmt: skip
    FILES,
    NotAudited,
    is_affected,
    list_pinned,
    read_answer,
    read_copy,
)
from tests.installation.licences import (  # fmt: skip
    REQUIREMENTS,
    ROOT,
    Package,
    Unknown,
    find_licence,
    is_spdx,
    list_packages,
    read_licence,
    read_requirements,
)
from tests.installation.notice import find_unexplained, write_notice
from tests.installation.sbom import make_sbom

FIRST = Package(name="ferry", version="1.2.0")


def test_notice_names_every_package_with_its_licence() -> None:
    notice = (ROOT / "NOTICE").read_text()

    assert write_notice(notice, list_packages()) == notice, "run `make notice` and commit it"


def test_every_requirement_has_a_licence_that_we_may_use() -> None:
    assert find_unexplained(list_packages()) == []
    # weak copyleft is explained, strong is not to be had by an "or"
    assert find_unexplained([Package(name="x", version="1", licence="GPL-3.0-only")])
    assert find_unexplained([Package(name="x", version="1", licence="MIT AND LGPL-3.0-or-later")])
    assert not find_unexplained([Package(name="x", version="1", licence="MIT OR GPL-3.0-only")])


def test_a_requirement_without_a_known_licence_is_refused() -> None:
    with pytest.raises(Unknown, match=r"the licence of no-such-package is not known \(it is not installed\): look it up"):  # fmt: skip
        find_licence("no-such-package")


@pytest.mark.parametrize(
    ("metadata", "text", "licence"),
    [
        ({"license_expression": "MIT OR Apache-2.0", "license": "BSD"}, "", "MIT OR Apache-2.0"),
        ({"license": "Apache 2.0"}, "", "Apache-2.0"),
        ({"license": "UNKNOWN", "classifier": ["License :: OSI Approved :: MIT License"]}, "", "MIT"),
        ({"license": "BSD"}, "Neither the name of x", "BSD-3-Clause"),
        ({"license": "BSD License"}, "Redistribution", "BSD-2-Clause"),
        ({"license": "BSD"}, "", None),
        ({"license": "Copyright (c) 2014 Rackspace. Permission is hereby granted, free of charge"}, "", None),
        ({"classifier": ["License :: Other/Proprietary License"]}, "", None),
        ({}, "MIT", None),
    ],
)  # fmt: skip
def test_a_licence_is_read_in_the_words_that_packages_use(
    metadata: dict[str, object], text: str, licence: str | None
) -> None:
    assert read_licence(metadata, text) == licence
    assert licence is None or is_spdx(licence)


def test_every_extra_and_every_package_of_the_files_is_listed() -> None:
    files = {path.name for path in ROOT.glob("requirements*.txt")}
    pinned = sum(len(re.findall(r"(?m)^[\w.-]+==", (ROOT / file).read_text())) for file in FILES)

    assert files - set(REQUIREMENTS) == {"requirements-dev.txt", "requirements-build.txt"}
    assert sum(len(read_requirements((ROOT / file).read_text())) for file in FILES) == pinned
    assert all(package.hashes for package in list_packages())


def test_requirements_name_no_place_to_fetch_them_from() -> None:
    for file in FILES:
        assert "://" not in (ROOT / file).read_text(), file


def test_the_sbom_is_valid_and_says_what_is_needed_of_each_package() -> None:
    packages = list_packages()

    text = make_sbom(packages, version="1.2.3")

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    made: dict[str, Any] = json.loads(text)
    assert made["metadata"]["component"]["version"] == "1.2.3"
    assert {one["name"]: one["version"] for one in made["components"]} == {one.name: one.version for one in packages}  # fmt: skip
    for component in made["components"]:
        assert component["licenses"], component["name"]
        assert component["hashes"], component["name"]
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
    assert make_sbom(packages, version="1.2.3") == text


def affected(*events: dict[str, str], versions: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "package": {"ecosystem": "PyPI", "name": "Ferry"},
        "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
        "versions": list(versions),
    }


@pytest.mark.parametrize(
    ("events", "is_in"),
    [
        ([{"introduced": "0"}, {"fixed": "1.2.1"}], True),
        ([{"introduced": "0"}, {"fixed": "1.2.0"}], False),
        ([{"introduced": "1.3"}], False),
        ([{"introduced": "0"}, {"last_affected": "1.2"}], True),
        ([{"introduced": "0"}, {"last_affected": "1.1"}], False),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.1"}, {"fixed": "1.10"}], True),
        ([{"introduced": "1.1"}, {"fixed": "1.10"}, {"introduced": "0"}, {"fixed": "1.0"}], True),
        ([{"introduced": "not a version"}], True),
    ],
)
def test_a_version_is_found_in_the_ranges_of_an_advisory(
    events: list[dict[str, str]], is_in: bool
) -> None:
    assert is_affected(affected(*events), "1.2.0") is is_in
    assert is_affected(affected(versions=("1.2.0",)), "1.2.0")


def write_copy(folder: Path, *records: object) -> Path:
    file = folder / "all.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number, record in enumerate(records):
            archive.writestr(f"PYSEC-{number}.json", json.dumps(record))
    return file


ADVISORY = {
    "id": "PYSEC-2026-1",
    "modified": "2026-11-20T00:00:00Z",
    "summary": "It sinks\n\x1b[31m",
    "affected": [affected({"introduced": "0"}, {"fixed": "1.3"})],
}


def test_a_local_copy_of_advisories_is_enough(tmp_path: Path) -> None:
    gone = {**ADVISORY, "id": "PYSEC-2026-2", "withdrawn": "2026-11-21T00:00:00Z"}
    other = {**ADVISORY, "affected": [{**affected({"introduced": "0"}), "package": {"ecosystem": "npm", "name": "ferry"}}]}  # fmt: skip

    found, source = read_copy(write_copy(tmp_path, ADVISORY, gone, other), [FIRST])

    assert [str(one) for one in found] == ["ferry 1.2.0: PYSEC-2026-1, mended in 1.3: It sinks [31m"]  # fmt: skip
    assert source == "3 advisories in all.zip, the newest of 2026-11-20"
    assert not read_copy(write_copy(tmp_path, ADVISORY), [Package(name="ferry", version="1.3")])[0]


@pytest.mark.parametrize("records", [(), ([],), ("x",), ({"no": "id"},)], ids=str)
def test_a_file_that_is_no_copy_audits_nothing(tmp_path: Path, records: tuple[object, ...]) -> None:
    with pytest.raises(NotAudited, match=r"all\.zip (is no copy|holds no)"):
        read_copy(write_copy(tmp_path, *records), [FIRST])


def test_what_pip_audit_left_out_is_not_taken_for_sound() -> None:
    skipped = json.dumps({"dependencies": [{"name": "ferry", "skip_reason": "not found on PyPI"}]})
    sound = json.dumps({"dependencies": [{"name": "Ferry", "version": "1.2.0", "vulns": []}]})

    with pytest.raises(NotAudited, match=r"no answer about 1 of 1 packages \(ferry\)"):
        read_answer(skipped, "", [FIRST])
    with pytest.raises(NotAudited, match="cannot be reached .*no route"):
        read_answer("", "Traceback\nConnectionError: no route\n", [FIRST])
    assert read_answer(sound, "", [FIRST])[0] == []


@pytest.mark.slow
@pytest.mark.parametrize(("is_known", "code"), [(True, 1), (False, 0)])
def test_the_audit_says_by_its_exit_code_what_it_found(
    tmp_path: Path, is_known: bool, code: int
) -> None:
    name = next(package.name for package in list_pinned() if package.name == "scrapy")
    record = {**ADVISORY, "affected": [{**affected({"introduced": "0"}), "package": {"ecosystem": "PyPI", "name": name if is_known else "ferry"}}]}  # fmt: skip
    copy = write_copy(tmp_path, record)
    command = [sys.executable, "-m", "tests.installation.audit", "--advisories"]

    done = subprocess.run([*command, str(copy)], cwd=ROOT, capture_output=True, text=True, check=False)  # fmt: skip
    missing = subprocess.run([*command, str(tmp_path / "no.zip")], cwd=ROOT, capture_output=True, text=True, check=False)  # fmt: skip

    assert done.returncode == code, done.stderr
    assert ("scrapy " in done.stdout) is is_known
    assert missing.returncode == 2
    assert missing.stderr.startswith("Not audited: ")
