"""Every table of docs/internals/benchmarks.md can be made again by one command, and what is made says when, where and of what."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.all.__main__ import make_list, run
from bench.all.entries import ENTRIES, Entry
from bench.all.machine import describe_run, find_commit

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "internals" / "benchmarks.md").read_text(encoding="utf-8")
# the page names the command itself
OWN = "bench.all"
# makes folders of pages for a bench and measures nothing
MAKES_DATA = {"bench.extraction.public"}


def test_every_bench_of_the_page_is_in_the_list() -> None:
    named = set(re.findall(r"python -m (bench[\w.]*\w)", PAGE)) - {OWN} - MAKES_DATA
    loose = re.findall(r"python (bench/\S+)", PAGE)

    assert named == {entry.arguments.split()[0] for entry in ENTRIES}
    assert loose == []
    assert all(find_spec(module) for module in MAKES_DATA)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_page_states_the_command_of_every_bench_under_its_heading(entry: Entry) -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    section = next((one for one in sections if one.startswith(f"{entry.heading}\n")), "")

    assert re.search(rf"`{re.escape(entry.command)}[ `]", section)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_bench_and_its_short_form_are_modules_that_know_their_options(entry: Entry) -> None:
    for arguments in filter(None, (entry.arguments, entry.quick)):
        module, *words = arguments.split()
        spec = find_spec(f"{module}.__main__") if _is_package(module) else find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        code = Path(spec.origin).read_text(encoding="utf-8")
        assert [word for word in words if word.startswith("--") and f'"{word}"' not in code] == []


def _is_package(module: str) -> bool:
    spec = find_spec(module)
    return spec is not None and spec.submodule_search_locations is not None


def test_names_are_unique_and_all_are_listed() -> None:
    names = [entry.name for entry in ENTRIES]
    listed = "\n".join(make_list(ENTRIES))

    assert len(set(names)) == len(names)
    assert all(f"| {name} |" in listed for name in names)


def test_a_result_says_when_where_and_of_what_it_was_made(tmp_path: Path) -> None:
    entry = Entry(name="one", arguments="this", minutes=1, heading="One", quick=None)

    assert run(entry, tmp_path, is_quick=False)

    text = (tmp_path / "one.md").read_text(encoding="utf-8")
    assert text.startswith("`python -m this`\n")
    assert re.search(r"\* \d{4}-\d\d-\d\d \d\d:\d\d UTC, commit \S+", text)
    assert re.search(r"\* \d+ cores of .+, Python 3\.", text)
    assert "Beautiful is better than ugly." in text
    assert re.search(r"Ended with 0 after \d+ s\.\n$", text)


def test_a_bench_that_fails_is_said_to_have_failed(tmp_path: Path) -> None:
    entry = Entry(name="one", arguments="bench.no_such_bench", minutes=1, heading="", quick=None)

    assert not run(entry, tmp_path, is_quick=False)
    assert "Ended with 1" in (tmp_path / "one.md").read_text(encoding="utf-8")


def test_a_bench_without_a_short_form_is_left_out_of_a_quick_run(tmp_path: Path) -> None:
    entry = Entry(name="one", arguments="this", minutes=1, heading="One", quick=None)

    assert run(entry, tmp_path, is_quick=True)
    assert not list(tmp_path.iterdir())


def test_without_git_the_commit_is_unknown(tmp_path: Path) -> None:
    assert find_commit(tmp_path) == "unknown"
    assert any("commit unknown" in line for line in describe_run("x", tmp_path))


def test_the_list_is_printed() -> None:
    command = [sys.executable, "-m", "bench.all", "--list", "--only", "visits"]

    printed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout

    assert "| visits | `python -m bench.visits` |" in printed
