"""``watchword web password``, ``browse`` and ``publish``: who is let in, and what leaves the house."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.config.schema import Config
from crawler.storage.backup.snapshot import PRIVATE_TABLES
from tests.newsroom import ARTICLE, Newsroom
from tests.unit.cli.test_cli import ROOT, Shell


@pytest.fixture
def shell(newsroom: Newsroom, config: Config, tmp_path: Path) -> Shell:
    newsroom.keep(ARTICLE)
    return Shell(tmp_path, config)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "[::]"])
def test_other_machines_are_let_in_only_by_decision(shell: Shell, host: str) -> None:
    printed = shell.run("browse", "--host", host, code=2)

    for way in ("watchword web password", "proxy_header", "--root", "--anonymous"):
        assert way in printed


def test_a_made_up_password_is_kept_privately_and_put_in_force(shell: Shell) -> None:
    printed = shell.run("web", "password", "--random")

    file = shell.folder / "web-password.txt"
    stated = file.read_text().strip()
    assert f"It is: {stated}" in printed
    assert file.stat().st_mode & 0o777 == 0o600
    read = load_config(shell.folder / "w.toml", environ={})
    assert read.web.password_file == file
    shell.run("web", "password", "--random")
    assert file.read_text().strip() != stated
    assert (shell.folder / "w.toml").read_text().count("password_file") == 1


def test_a_typed_password_is_asked_for_twice_and_checked(shell: Shell) -> None:
    command = [sys.executable, "-m", "watchword", "--config", str(shell.folder / "w.toml")]
    for typed, said in (("aaaaaaaaaaaaa\n", "one of the first"), ("short\n", "at least 12")):
        done = subprocess.run(
            [*command, "web", "password"],
            input=typed * 2,
            cwd=ROOT,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, said in done.stdout + done.stderr) == (1, True)
        assert typed.strip() not in done.stderr
    assert not (shell.folder / "web-password.txt").exists()
    assert "web" not in (shell.folder / "w.toml").read_text()


def test_a_snapshot_has_everything_but_who_is_told_what(shell: Shell, config: Config) -> None:
    printed = shell.run("publish", str(shell.folder / "public"))

    copy = shell.folder / "public" / "watchword.db"
    assert "without recipients" in printed
    assert b"me@example.org" not in copy.read_bytes()
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("SELECT count(*) FROM matches").fetchone() == (1,)
        for table in PRIVATE_TABLES:
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
    assert [one.name for one in copy.parent.iterdir()] == ["watchword.db"]


@pytest.mark.own_process
def test_a_snapshot_that_cannot_be_written_leaves_the_last_one(
    shell: Shell, config: Config
) -> None:
    folder = shell.folder / "public"
    shell.run("publish", str(folder))
    before = (folder / "watchword.db").read_bytes()
    shell.run("publish", str(config.store.path.parent), code=2)

    # a limit on the size of files stands for a full disk
    command = f"ulimit -f 8; exec {sys.executable} -m watchword --config {shell.folder / 'w.toml'} publish {folder}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "an earlier copy is as it was" in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "watchword.db").read_bytes() == before
    assert [one.name for one in folder.iterdir()] == ["watchword.db"]


@pytest.mark.parametrize("command", [("browse",), ("run", "--browse")])
@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_number_that_is_no_port_is_refused_before_anything_starts(
    shell: Shell, command: tuple[str, ...], port: str
) -> None:
    printed = shell.run(*command, "--port", port, code=2)

    assert "write a whole number from 0 to 65,535" in printed
    assert "Watching" not in printed
