"""``watchword check`` for programs, and places where no database can be."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.broken_files import without_privilege
from tests.unit.cli.test_cli import CONFIG, Shell


def test_check_states_faults_for_programs(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[mail]\nport = 70000\n", encoding="utf-8")

    facts = json.loads(shell.run("check", "--json", config="bad.toml", code=2))

    (fault,) = facts["faults"]
    assert fault == {
        "file": str(tmp_path / "bad.toml"),
        "line": 2,
        "key": "mail.port",
        "message": '"70000" is not a port',
        "repair": "write a number from 1 to 65535 without quotes",
    }


def test_check_states_that_all_is_well_for_programs(shell: Shell) -> None:
    facts = json.loads(shell.run("check", "--json"))

    assert facts["faults"] == facts["obstacles"] == []
    assert facts["files"] == 1


def test_check_says_that_no_database_can_be_written_there(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "w2.toml").write_text('[store]\npath = "file/news.db"\n', encoding="utf-8")

    printed = shell.run("check", config="w2.toml", code=3)

    assert "all good" not in printed
    assert f"refuse to start: {tmp_path / 'file/news.db'} cannot be the database" in printed


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user")
def test_check_names_the_folder_that_another_user_closed(shell: Shell, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    (closed / "inner" / "news.db").touch()
    os.chown(closed, 1000, -1)
    closed.chmod(0o700)
    (tmp_path / "w2.toml").write_text('[store]\npath = "closed/inner/news.db"\n', encoding="utf-8")

    config = str(tmp_path / "w2.toml")
    done = subprocess.run(
        without_privilege(sys.executable, "-m", "watchword", "--config", config, "check"),
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 3
    assert f"the folder {closed} belongs to uid 1000, mode 700" in done.stderr


def test_fields_of_the_report_are_chosen_with_faults_and_without(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "bad.toml").write_text(CONFIG.replace("tags", "tgas"))

    faulty = json.loads(shell.run("check", "--json", "sources,faults", config="bad.toml", code=2))
    sound = json.loads(shell.run("check", "--json", "sources,faults"))

    assert [one["message"] for one in faulty["faults"]]
    assert faulty["sources"] is None
    assert sound == {"sources": 2, "faults": []}
