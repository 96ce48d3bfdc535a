"""What `doctor` says of the machine: versions, rules of time zones, authorities, and files of secrets."""

import os
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import trustme

from crawler.clock import utc_now
from crawler.machine.limits import BROWSER_MEMORY_BYTES, LEAST_MEMORY_BYTES
from crawler.storage.backup.folder import name_backup
from crawler.storage.file.migrations.release import SCHEMA_VERSION
from tests.conftest import make_config
from watchword.doctor.certificates_health import find_authority_end, look_at_certificates
from watchword.doctor.findings import Verdict
from watchword.doctor.machine.clock_service import is_kept_right
from watchword.doctor.machine.memory_health import judge_memory
from watchword.doctor.machine.versions_health import judge_versions, look_at_versions
from watchword.doctor.machine.zones_health import find_rules, judge_rules, look_at_zones
from watchword.doctor.storage.secret_files import look_at_secret_files

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_the_versions_at_work_are_stated() -> None:
    found = look_at_versions(None, now=NOW)

    assert found.verdict is Verdict.OK
    assert f"SQLite {sqlite3.sqlite_version}" in found.summary
    assert "Python 3." in found.summary
    assert any("scrapy" in line and "OpenSSL" in line for line in found.details)


def test_the_schema_of_the_database_is_stated_beside_ours(database: sqlite3.Connection) -> None:
    assert look_at_versions(database, now=NOW).details[-1] == f"schema {SCHEMA_VERSION}, as in the database"  # fmt: skip

    database.execute("PRAGMA user_version = 1")
    found = look_at_versions(database, now=NOW)

    assert found.details[-1].startswith(f"schema {SCHEMA_VERSION} in this release, 1 in the database")  # fmt: skip
    assert found.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("limit", "need", "verdict"),
    [
        (None, LEAST_MEMORY_BYTES, Verdict.OK),
        (512 * 1024 * 1024, LEAST_MEMORY_BYTES, Verdict.OK),
        (256_000_000, LEAST_MEMORY_BYTES, Verdict.LOOK),
        (1_000_000_000, BROWSER_MEMORY_BYTES, Verdict.LOOK),
    ],
)
def test_a_limit_of_memory_below_what_is_needed_needs_a_look(
    limit: int | None, need: int, verdict: Verdict
) -> None:
    found = judge_memory(limit, need=need)

    assert found.verdict is verdict
    assert bool(found.remedy) is (verdict is Verdict.LOOK)


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


@pytest.mark.parametrize(
    ("folder", "verdict"),
    [
        ("certifi-2024.7.4.dist-info", Verdict.LOOK),
        ("certifi-2026.06.17.dist-info", Verdict.OK),
        ("certifi-2026.6.17.post1.dist-info", Verdict.OK),
        ("requests-2.0.0.dist-info", Verdict.OK),
    ],
)
def test_certifi_is_as_old_as_its_version_whenever_it_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, verdict: Verdict
) -> None:
    import certifi  # noqa: PLC0415

    (tmp_path / "certifi").mkdir()
    (tmp_path / folder).mkdir()
    bundle = tmp_path / "certifi" / "cacert.pem"
    bundle.write_bytes(Path(certifi.where()).read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    config = make_config(tmp_path)
    assert look_at_certificates(config, now=NOW).verdict is verdict

    if folder.startswith("certifi"):  # as some installers leave the file
        years_ago = NOW.timestamp() - 9 * 366 * 86_400
        os.utime(bundle, (years_ago, years_ago))
        assert look_at_certificates(config, now=NOW).verdict is verdict


@pytest.mark.parametrize(
    ("name", "text", "is_said"),
    [
        ("config/desk.toml", '[mail]\npassword = "p"\n', True),
        ("config/desk.toml", 'headers = { Authorization = "Bearer x" }\n', True),
        ("config/desk.toml", '[fetch]\nproxy = "http://me:p@proxy.example:3128"\n', True),
        ("config/desk.toml", '[mail]\npassword_file = "/run/secrets/mail"\npassword = ""\n', False),
        ("config/desk.toml", '# password = "p"\n#x = "http://me:p@h/"\nping_every = "3m"\n', False),
        ("config/desk.toml", '[[watch]]\nquery = "password OR token"\n', False),
        ("config/watchword.env", "WATCHWORD_MAIL_PASSWORD=p\n", True),
        ("watchword.env", "export WATCHWORD_HEALTH_PING='https://hc.example/1'\n", True),
        (".env", "SMTP_PASS=p\n", True),
        (".env", "TZ=UTC\nWATCHWORD_MAIL_PASSWORD_FILE=/run/secrets/mail\nWATCHWORD_MAIL_PASSWORD=\n", False),
        (".env", "WATCHWORD_FETCH_CONTACT=https://desk.example/robot\n", False),
        ("other/.env", "WATCHWORD_MAIL_PASSWORD=p\n", False),
    ],
)  # fmt: skip
def test_a_secret_written_into_the_configuration_or_beside_it_is_for_one_user(
    name: str, text: str, is_said: bool
) -> None:
    with TemporaryDirectory() as parent:  # as below
        base = Path(parent)
        base.chmod(0o755)
        place, file = base / "config", base / name
        place.mkdir()
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o644)
        config = make_config(base)
        found = look_at_secret_files(config, place=place)
        file.chmod(0o600)
        closed = look_at_secret_files(config, place=place)

    assert (str(file) in found.summary) is is_said
    assert (found.verdict is Verdict.LOOK) is is_said
    assert closed.verdict is Verdict.OK


def test_a_pipe_in_place_of_a_file_of_variables_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    (tmp_path / "watchword.env").mkdir()

    assert look_at_secret_files(make_config(tmp_path), place=tmp_path).verdict is Verdict.OK


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
