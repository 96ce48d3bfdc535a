"""``watchword doctor`` on databases in any state, place and use: it reports what is wrong and what to do."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.schema import Config
from crawler.storage.file.database import open_for_writing
from crawler.storage.process.refused_edits import keep_refused_edit
from tests.conftest import make_config
from tests.fakes import START
from tests.storage.broken_files import (
    FULL,
    READ_ONLY,
    can_mount,
    cut_short,
    make_database,
    mounted,
    spoil_table,
    without_privilege,
)
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.health import examine
from watchword.doctor.storage.storage_health import judge_space

ROOT = Path(__file__).resolve().parents[3]
needs_mounts = pytest.mark.skipif(not can_mount(), reason="this user may not mount")


def look(config: Config) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(config, now=START)}


def run(
    wrap: Callable[..., list[str]], folder: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the real command in a folder changed by ``wrap``."""
    configuration = folder.parent / "w.toml"
    if not configuration.exists():
        shutil.copy(folder / "w.toml", configuration)
    command = [sys.executable, "-m", "watchword", "--config", str(configuration), *arguments]
    done = subprocess.run(
        wrap(*command), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    assert "fault of Watchword" not in done.stderr
    return done


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_database(tmp_path_factory.mktemp("sound"), stories=10).store.path.read_bytes()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    make_database(folder)
    return folder


def test_a_sound_database_has_nothing_broken(tmp_path: Path) -> None:
    found = look(make_database(tmp_path))

    assert [*found] == [
        "database",
        "disk",
        "writing",
        "file system",
        "readers",
        "secrets",
        "storage",
        "certificates",
        "memory",
        "time zones",
        "versions",
        "clock",
        "daemon",
        "sources",
        "pages",
        "watches",
        "watch history",
        "growth",
        "archive",
        "backups",
        "mail",
    ]
    assert found["writing"].summary == "the database can be written"
    assert found["storage"].summary == "no daemon has it in use"
    assert {found[name].verdict for name in ("database", "writing", "storage")} == {Verdict.OK}


@pytest.mark.parametrize(
    ("table", "subject"),
    [
        ("sources", "sources"),
        ("entries", "pages"),
        ("deliveries", "mail"),
    ],
)
def test_an_unreadable_table_affects_only_its_own_finding(
    tmp_path: Path, table: str, subject: str
) -> None:
    config = make_database(tmp_path)
    spoil_table(config.store.path, table)

    found = look(config)

    assert found["database"].verdict is Verdict.BROKEN
    assert "is damaged" in found["database"].summary
    assert "put the last backup back" in found["database"].remedy
    assert found[subject].verdict is Verdict.BROKEN
    assert found[subject].summary.startswith("cannot be read (")
    others = {"sources", "watch history", "mail", "daemon"} - {subject, "pages"}
    if table != "sources":
        assert all("cannot be read" not in found[name].summary for name in others)
    assert "writing" not in found  # a damaged file is not touched


@given(
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=5000)), max_size=4),
    st.floats(0, 1),
)
def test_no_damage_of_any_kind_ends_the_examination(
    sound: bytes, spots: list[tuple[float, bytes]], kept: float
) -> None:
    """Overwrite or cut a sound file anywhere: every check still ends in a finding."""
    spoilt = bytearray(sound[: max(1, round(len(sound) * max(kept, 1 - kept)))])
    for place, rubbish in spots:
        start = round(place * len(spoilt))
        spoilt[start : start + len(rubbish)] = rubbish
    with TemporaryDirectory() as folder:
        config = make_config(Path(folder))
        config.store.path.write_bytes(spoilt)

        found = look(config)

    assert found["database"].summary
    assert found["disk"].summary


def test_a_truncated_file_is_reported_as_damaged(tmp_path: Path) -> None:
    config = make_database(tmp_path, stories=30)
    cut_short(config.store.path)

    assert look(config)["database"].verdict is Verdict.BROKEN


@pytest.mark.parametrize(
    ("free", "total", "verdict"),
    [
        (49_000_000, 10**9, Verdict.BROKEN),
        (51_000_000, 10**9, Verdict.LOOK),
        (499_000_000, 10**9, Verdict.LOOK),
        (501_000_000, 10**9, Verdict.OK),
        (40 * 10**9, 10**12, Verdict.LOOK),
        (60 * 10**9, 10**12, Verdict.OK),
        (0, 0, Verdict.BROKEN),
    ],
)
def test_little_disk_space_needs_a_look_and_none_is_broken(
    free: int, total: int, verdict: Verdict
) -> None:
    assert judge_space(free, total) is verdict


def test_disk_space_is_checked_where_a_maildir_will_be(tmp_path: Path) -> None:
    assert "Maildir: " in look(make_database(tmp_path))["disk"].summary


def test_a_lock_that_is_held_needs_a_look_and_the_rest_is_read(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    with closing(open_for_writing(config.store.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = look(config)
        other.execute("ROLLBACK")

    assert found["writing"].verdict is Verdict.LOOK
    assert "locked by another process for more than 2 s" in found["writing"].summary
    assert found["database"].verdict is Verdict.OK
    assert "of 2 sources" in found["sources"].summary


def test_doctor_changes_nothing(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    before = config.store.path.read_bytes()

    look(config)

    assert config.store.path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("*.db*")) == ["watchword.db"]


@pytest.mark.own_process
@needs_mounts
@pytest.mark.parametrize(
    ("script", "words"),
    [
        (READ_ONLY, ("BROKEN writing", "read-only", "of 2 sources")),
        (FULL, ("BROKEN disk", "0 MB of 2 MB are free", "of 2 sources")),
    ],
    ids=["read-only", "full"],
)
def test_an_unwritable_folder_is_reported_and_the_rest_is_read(
    place: Path, script: str, words: tuple[str, ...]
) -> None:
    done = run(lambda *command: mounted(script, place, *command), place, "doctor")

    assert done.returncode == 1
    printed = " ".join(done.stdout.split())
    assert [word for word in words if word not in printed] == [], printed


@needs_mounts
@pytest.mark.parametrize("arguments", [("article", "list"), ("source", "list"), ("alert", "list")])
def test_listings_read_a_read_only_file_system(place: Path, arguments: tuple[str, ...]) -> None:
    done = run(lambda *command: mounted(READ_ONLY, place, *command), place, *arguments, "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


@pytest.mark.own_process
def test_another_user_learns_that_write_access_cannot_be_checked(place: Path) -> None:
    for path in place.iterdir():
        path.chmod(0o444)
    place.chmod(0o555)
    done = run(without_privilege, place, "doctor")
    place.chmod(0o755)

    printed = " ".join(done.stdout.split())
    assert "may not write" in printed
    assert "of 2 sources" in printed
    assert "BROKEN" not in printed


def test_a_configuration_with_faults_does_not_hide_the_rest(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    faulty = tmp_path / "faulty.toml"
    faulty.write_text(f'[store]\npath = "{config.store.path}"\n[mail]\nport = "soon"\n')
    command = [sys.executable, "-m", "watchword", "--config", str(faulty), "doctor"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "mail.port" in done.stdout
    assert "ok     database" in done.stdout
    assert "daemon" in done.stdout


def test_an_edit_that_is_not_in_force_is_reported(tmp_path: Path) -> None:
    config = make_database(tmp_path)
    with closing(open_for_writing(config.store.path)) as connection:
        keep_refused_edit(connection, "It has 2 faults.", now=START)

    found = look(config)

    assert found["edit"].verdict is Verdict.LOOK
    assert found["edit"].details == ("It has 2 faults.",)
    assert "configuration" not in " ".join(found["daemon"].details)


@pytest.mark.parametrize(
    ("mode", "is_open"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True)]
)
def test_a_secret_that_others_can_read_needs_a_look(mode: int, is_open: bool) -> None:
    # pytest's own folder is closed to others, and so is all below it
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        password = folder / "password"
        password.write_text("sesame\n")
        password.chmod(mode)
        config = make_config(folder, mail={"host": "mail.example.org", "password_file": password})
        make_database(folder)

        found = look(config)["secrets"]

        assert (found.verdict is Verdict.LOOK) == is_open
        assert (str(password) in found.remedy) == is_open
        folder.chmod(0o700)
        assert look(config)["secrets"].verdict is Verdict.OK
