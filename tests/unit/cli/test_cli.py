import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.storage.file.database import open_for_writing
from tests.conftest import make_config
from tests.newsroom import ARTICLE
from watchword.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[3]
CONFIG = """
[[source]]
name = "courier"
url = "http://courier.example/rss"
tags = ["coast"]
[[source]]
name = "gazette"
url = "http://gazette.example/rss"
[[watch]]
name = "drones"
query = "drone"
to = ["me@example.org"]
"""


class Shell:
    """Runs the real command."""

    def __init__(self, folder: Path, config: Config) -> None:
        (folder / "w.toml").write_text(f'[store]\npath = "{config.store.path}"\n{CONFIG}')
        self.folder = folder

    def run(self, *arguments: str, config: str = "w.toml", code: int = 0) -> str:
        command = [
            sys.executable,
            "-m",
            "watchword",
            "--config",
            str(self.folder / config),
            *arguments,
        ]
        environ = {**os.environ, "COLUMNS": "120"}
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(self.run(*arguments, "--json"))
        return found


def test_a_search_asks_in_the_language_of_watches(shell: Shell) -> None:
    (found,) = shell.json("article", "list", "--search", "drone NEAR/5 quay -captain")
    assert found["headline"] == "Quay \x1b[31mcrossed"
    assert found["sentence"] == ARTICLE.body
    assert [ARTICLE.body[start:end] for start, end in found["marks"]] == ["drones", "quay"]  # type: ignore[attr-defined]
    assert shell.json("article", "list", "--search", "pilot -drone") == []
    assert shell.json("article", "list", "--search", "pilot", "--source", "gazette") == []
    assert shell.json("article", "list", "--search", "pilot", "--source", "courier", "--best")

    printed = shell.run("article", "list", "--search", "drone")
    assert "crossed the quay" in printed
    assert "\x1b[31m" not in printed
    assert "No article matches." in shell.run("article", "list", "--search", "submarine")
    refused = shell.run("article", "list", "--search", "(drone", code=2)
    assert "^" in refused


def test_listings_show_what_is_stored(shell: Shell) -> None:
    assert [row["name"] for row in shell.json("source", "list")] == ["courier", "gazette"]
    assert shell.json("watch", "list")[0]["match_count"] == 1
    assert shell.json("alert", "list")[0]["state"] == "pending"
    assert shell.json("article", "list", "--search", "pilot")[0]["url"] == "https://courier.org/a"
    for noun in ("source", "watch", "alert", "article"):
        assert len(shell.run(noun, "list").splitlines()) >= 2


def test_a_headline_cannot_send_control_sequences_to_the_terminal(shell: Shell) -> None:
    assert "\x1b" not in shell.run("article", "list") + shell.run("article", "show", "1")


def test_an_article_is_shown_with_the_sentence_that_matched(shell: Shell) -> None:
    shown = shell.run("article", "show", "https://courier.org/a")

    assert "Two drones crossed the quay" in shown
    assert "matched    drones" in shown
    assert "article list" in shell.run("article", "show", "99", code=2)


def test_doctor_says_what_needs_a_look(shell: Shell) -> None:
    printed = shell.run("doctor", code=3)

    assert "not running" in printed
    assert "1 message is pending since" in printed
    assert "not alive" in shell.run("doctor", "--alive", code=1)


def test_a_missing_database_is_explained(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text('[store]\npath = "/nonexistent/w.db"\n')

    assert "there is no database" in shell.run("source", "list", config="none.toml", code=1)
    assert "there is no database" in shell.run("doctor", config="none.toml", code=1)


def test_check_lists_every_fault_and_exits_with_2(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text(
        CONFIG.replace("tags", "tgas").replace('"drone"', "'(drone'")
    )

    printed = shell.run("check", config="bad.toml", code=2)

    assert "2 faults" in printed
    assert 'did you mean "tags"' in printed
    assert "never closed" in printed
    assert "\n      (drone\n      ^\n" in printed  # the caret is under the bracket
    assert "all good" in shell.run("check")


def test_init_writes_a_valid_configuration_and_never_overwrites(shell: Shell) -> None:
    assert "Wrote" in shell.run("init", config="fresh")
    assert "all good" in shell.run("check", config="fresh")
    assert "nothing was written" in shell.run("init", config="fresh", code=1)


def test_a_mistyped_command_is_answered_with_the_nearest(shell: Shell) -> None:
    assert "Did you mean 'source'?" in shell.run("sorce", code=2)
    assert 'did you mean "courier"' in shell.run("crawl", "couriers", code=2)


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_does_not_import_heavy_libraries(arguments: list[str]) -> None:
    code = (
        "import sys; from watchword.cli.main import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "heavy = {'scrapy', 'twisted', 'trafilatura', 'simplemma', 'datasette', 'apscheduler', 'sqlite_utils'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "Examples" in done.stdout


def test_a_health_check_loads_neither_configuration_nor_dictionaries(tmp_path: Path) -> None:
    """It runs every half minute for ever: 0.2 s of processor time each, 0.5 s with those loaded."""
    config = make_config(tmp_path)
    open_for_writing(config.store.path).close()
    code = (
        "import sys; from watchword.cli.main import main\n"
        f"try: main(['--config', {str(tmp_path)!r}, 'doctor', '--alive'])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'babel', 'watchword.doctor.health'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["check", "run", "crawl"])
def test_a_command_that_needs_secrets_refuses_to_start_without_one(
    shell: Shell, tmp_path: Path, command: str
) -> None:
    text = (tmp_path / "w.toml").read_text()
    login = 'host = "127.0.0.1"\nusername = "u"\npassword_file = "nothing-here"\n'
    (tmp_path / "closed.toml").write_text(f"{text}[mail]\n{login}")

    printed = shell.run(command, config="closed.toml", code=2)

    assert "mail.password_file" in printed
    assert "nothing-here cannot be read: there is no such file" in printed


def test_listing_watches_needs_no_secret(shell: Shell, tmp_path: Path) -> None:
    text = (tmp_path / "w.toml").read_text()
    login = 'host = "127.0.0.1"\nusername = "u"\npassword_file = "nothing-here"\n'
    (tmp_path / "closed.toml").write_text(f"{text}[mail]\n{login}")

    assert "drones" in shell.run("watch", "list", config="closed.toml")
    assert "courier" in shell.run("source", "list", config="closed.toml")
