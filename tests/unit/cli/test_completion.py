"""Completion with Tab, and manual pages: by the real shells and the real formatter."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.test_cli import ROOT, Shell
from watchword.cli.reference.man_pages import write_pages


def complete(shell: Shell, *words: str) -> list[str]:
    """Return what is offered for the last word, in place of which Tab was pressed."""
    environ = {
        **os.environ,
        "_WATCHWORD_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("watchword", "--config", str(shell.folder / "w.toml"), *words)),
        "COMP_CWORD": str(2 + len(words)),
    }
    command = [sys.executable, "-m", "watchword"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)  # fmt: skip
    assert not done.stderr
    return [line.partition(",")[2] for line in done.stdout.split()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("sto",), ["story"]),
        (("source", "show", "c"), ["courier"]),
        (("watch", "show", "d"), ["drones"]),
        (("crawl", "courier", "g"), ["gazette"]),
        (("watch", "test", "--watch", "d"), ["drones"]),
        (("watch", "mute", "drones", "--source", "c"), ["courier"]),
        (("source", "rename", "g"), ["gazette"]),
        (("watch", "rename", "dr"), ["drones"]),
        (("article", "show", "--js"), ["--json"]),
    ],
)
def test_tab_offers_commands_options_and_names(
    shell: Shell, words: tuple[str, ...], offered: list[str]
) -> None:
    assert complete(shell, *words) == offered


def test_a_faulty_file_is_no_error_at_the_tab_key(shell: Shell) -> None:
    (shell.folder / "w.toml").write_text('[[source]]\nname = "a\n', encoding="utf-8")

    assert complete(shell, "source", "show", "a") == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_each_shell_takes_its_script(shell: Shell, name: str) -> None:
    script = shell.run("completion", name, config="nowhere.toml")

    assert "_WATCHWORD_COMPLETE" in script
    if shutil.which(name) is None:
        return
    done = subprocess.run([name], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_a_manual_page_for_every_command_and_groff_reads_it(
    shell: Shell, tmp_path: Path
) -> None:
    folder = tmp_path / "man" / "man1"

    assert "manual pages" in shell.run("man", str(folder), config="nowhere.toml")

    pages = sorted(folder.iterdir())
    assert {"watchword.1", "watchword-run.1", "watchword-source-add.1"} <= {
        one.name for one in pages
    }
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    command = ["groff", "-man", "-ww", "-Kutf8", "-Tutf8", *map(str, pages)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "Add a source, after visiting it" in done.stdout


def test_examples_keep_their_lines_and_hyphens_in_a_manual_page() -> None:
    page = dict(write_pages())["watchword-source-backfill.1"]

    assert ".nf\nExample:\n  watchword source backfill un\\-news \\-\\-since 7d\n.fi" in page
    assert ".SH EXIT STATUS\n0 done, 1 failed" in page
