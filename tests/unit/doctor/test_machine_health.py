"""What `doctor` says of the machine: versions, rules of time zones, authorities, and files of secrets."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from crawler.clock import utc_now
from crawler.storage.backup.folder import name_backup
from tests.conftest import make_config
from watchword.doctor.certificates_health import find_authority_end, look_at_certificates
from watchword.doctor.findings import Verdict
from watchword.doctor.machine.clock_service import is_kept_right
from watchword.doctor.machine.versions_health import judge_versions, look_at_versions
from watchword.doctor.machine.zones_health import find_rules, judge_rules, look_at_zones
from watchword.doctor.storage.secret_files import look_at_secret_files

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_the_versions_at_work_are_stated() -> None:
    found = look_at_versions(now=NOW)

    assert found.verdict is Verdict.OK
    assert "Python 3." in found.summary
    assert any("scrapy" in line and "OpenSSL" in line for line in found.details)


@pytest.mark.parametrize(
    ("python", "today", "verdict"),
    [
        (("3", "11", "9"), date(2027, 10, 31), Verdict.OK),
        (("3", "11", "9"), date(2027, 11, 1), Verdict.LOOK),
        (("3", "14", "0"), date(2027, 11, 1), Verdict.OK),
        (("3", "19", "0a1"), date(2050, 1, 1), Verdict.OK),
    ],
)
def test_a_python_that_nobody_mends_needs_a_look(
    python: tuple[str, str, str], today: date, verdict: Verdict
) -> None:
    assert judge_versions(python=python, sqlite=(3, 51, 3), today=today).verdict is verdict


@pytest.mark.parametrize(
    ("sqlite", "is_said"),
    [((3, 40, 1), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 0), False)],
)  # fmt: skip
def test_an_sqlite_that_can_damage_a_file_is_said(
    sqlite: tuple[int, int, int], is_said: bool
) -> None:
    found = judge_versions(python=("3", "13", "1"), sqlite=sqlite, today=date(2026, 1, 1))

    assert any("damage" in line for line in found.details) is is_said


def test_rules_of_time_zones_are_of_the_machine_or_else_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "UTC").touch()
    (tmp_path / "tzdata.zi").write_text("# version 2021a\n# more\n")
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "UTC").touch()

    assert find_rules(("/no/such/folder", str(tmp_path))) == "2021a"
    assert find_rules((str(bare), str(tmp_path))) == ""
    assert find_rules(("/no/such/folder",)).startswith("20")


@pytest.mark.parametrize(
    ("rules", "verdict"),
    [("2021a", Verdict.LOOK), ("2023c", Verdict.OK), ("2026b", Verdict.OK), ("", Verdict.OK)],
)
def test_old_rules_of_time_zones_need_a_look(rules: str, verdict: Verdict) -> None:
    assert judge_rules("Europe/Berlin", rules, now=NOW).verdict is verdict


def test_a_zone_is_named_with_its_rules(tmp_path: Path) -> None:
    config = make_config(tmp_path, timezone="Europe/Berlin")

    assert "zone" in look_at_zones(config, now=NOW).summary or "Berlin" in look_at_zones(config, now=NOW).summary  # fmt: skip


def test_old_authorities_need_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import certifi  # noqa: PLC0415

    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    config = make_config(tmp_path)
    assert look_at_certificates(config, now=utc_now()).verdict is Verdict.OK

    two_years_ago = utc_now().timestamp() - 2 * 366 * 86_400
    os.utime(bundle, (two_years_ago, two_years_ago))
    found = look_at_certificates(config, now=utc_now())
    assert found.verdict is Verdict.LOOK
    assert str(bundle) in found.summary

    os.utime(bundle, (0, 0))  # an image that is built to be the same each time
    assert look_at_certificates(config, now=utc_now()).verdict is Verdict.OK


def test_an_own_authority_that_ends_soon_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, bundle = tmp_path / "own.pem", tmp_path / "bundle.pem"
    trustme.CA().cert_pem.write_to_path(file)
    trustme.CA().cert_pem.write_to_path(bundle)
    os.utime(bundle, (0, 0))  # of no known age
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    ends_at = find_authority_end(file)
    assert ends_at is not None
    config = make_config(tmp_path, tls={"ca_file": file})

    def look(days: int) -> str:
        return look_at_certificates(config, now=ends_at + timedelta(days=days)).summary

    assert "a certificate in it" not in look(-15)
    assert "a certificate in it ends on" in look(-13)
    assert "a certificate in it ended on" in look(1)


def test_keys_and_backups_that_others_can_read_are_named() -> None:
    # pytest's own folders are closed to others, so that nobody could reach a file in them
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        config = make_config(folder)
        key = folder / "watchword.db.key"
        backup = name_backup(config.backup_folder, config.store.path, now=NOW)
        backup.parent.mkdir(parents=True, exist_ok=True)
        for file in (key, backup):
            file.write_bytes(b"x" * 32)
            file.chmod(0o600)
        assert look_at_secret_files(config).summary == "closed to other users"

        for file in (key, backup):
            file.chmod(0o644)
        found = look_at_secret_files(config)

    assert str(key) in found.summary
    assert str(backup) in found.summary


def test_asking_the_kernel_about_the_clock_never_fails() -> None:
    assert is_kept_right() in {True, False, None}
