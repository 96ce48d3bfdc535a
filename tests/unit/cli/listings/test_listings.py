"""Every listing, in a real terminal of 80 and of 120 columns, in a pipe, and as JSON, over texts that are hard to show."""

import fcntl
import json
import os
import pty
import re
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest
from rich.cells import cell_len

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.newsroom import ARTICLE, Newsroom, make_story
from tests.unit.cli.test_cli import ROOT, Shell
from watchword.cli.article.understand import _UNDERSTAND_FIELDS
from watchword.cli.listings.machine import Fields
from watchword.cli.main import cli

REASON = (
    "the server answered that this address has moved permanently to another one, which asks for a login that nobody "
    "here has, and therefore nothing was read from it since yesterday evening"
)
HEADLINES = (
    "A very long headline that nobody would print on a front page because it says everything twice and then once more",
    "無人機が港の上空を飛行し、港湾当局は夜明けまで全ての船の出入りを止めたと発表した、関係者が明らかにした",
    "سفينة كبيرة تدخل الميناء عند الفجر والطائرات المسيرة تحلق فوق الرصيف منذ ساعات طويلة جدا",
    "Cafe\u0301 de\u0301ja\u0300 vu: e\u0301te\u0301 a\u0300 la\u0300 me\u0301r, avec des mots compose\u0301s d'accents combinants jusqu'au bout",
    "Tab\there, line\nbreak there, \x1b[31mred\x1b[0m and a flag \U0001f1ea\U0001f1fa and a family \U0001f469\u200d\U0001f467",
    "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlungsstellenvorsteherin spricht",
)
# command -> its arguments; some end with a code that says what they found
LISTINGS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("source", "list"): (),
    ("source", "show"): ("courier",),
    ("source", "boilerplate"): ("courier",),
    ("source", "catalogue"): (),
    ("synonyms", "list"): (),
    ("watch", "list"): (),
    ("watch", "show"): ("drones",),
    ("watch", "test"): ("drone", "--since", "3000d"),
    ("watch", "diff"): ("drones", "quay", "--since", "3000d"),
    ("article", "list"): (),
    ("article", "show"): ("2",),
    ("article", "explain"): ("2", "--watch", "drones"),
    ("story", "list"): ("--fewest", "1"),
    ("story", "show"): ("1",),
    ("alert", "list"): (),
    ("alert", "show"): ("1",),
    ("activity",): (),
    ("doctor",): (),
    ("check",): (),
}
TABLES = [("source", "list"), ("watch", "list"), ("article", "list"), ("story", "list"), ("alert", "list"), ("activity",)]  # fmt: skip
# these ask somebody else or read pages again; what they print has tests of its own
_ELSEWHERE = {
    ("source", "test"),
    ("article", "understand"),
    ("article", "reprocess"),
    ("crawl",),
    ("mail", "test"),
    ("prune",),
    ("cluster", "status"),  # PostgreSQL
}
# fields of what such a command prints with other options, or of another result
_ON_OCCASION: dict[tuple[str, ...], set[str]] = {
    ("source", "catalogue"): {"is_read", "entry_count", "newest_at", "reason"},
    ("article", "explain"): set(_UNDERSTAND_FIELDS.split()),
}
_COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d(?:;\d+)*m")
_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def fill(newsroom: Newsroom, database: sqlite3.Connection) -> None:
    """Store articles, alerts, requests and failures with long and hostile texts."""
    for place, headline in enumerate(HEADLINES):
        story = make_story(place + 1)
        newsroom.keep(replace(story, headline=headline))
    newsroom.keep(ARTICLE, source="gazette")
    database.execute(
        "UPDATE sources SET failure_count = 4, last_failure = ?, health = 'failing', health_reason = ?, health_since = ?,"
        " last_failure_at = ? WHERE name = 'courier'",
        [REASON, REASON, "2026-11-20T05:00:00+00:00", "2026-11-20T05:00:00+00:00"],
    )
    database.execute("UPDATE deliveries SET state = 'dead', answer = ?", [REASON])
    database.execute(
        "INSERT INTO requests (kind, arguments, asked_by, asked_at, done_at, is_done, answer)"
        " VALUES ('visit', '{\"sources\": [\"courier\"]}', 'command line: somebody@a-machine-with-a-long-name.example.org',"
        " '2026-11-20T05:00:00+00:00', '2026-11-20T05:00:01+00:00', 0, ?)",
        [REASON],
    )
    database.execute(
        "INSERT INTO boilerplate VALUES ('courier.org', 'k', ?, 7, 'cut', '2026-11-20T05:00:00.000Z')",
        [HEADLINES[0]],
    )
    database.execute(
        "INSERT INTO boilerplate_sightings SELECT 'courier.org', 'k', url_key FROM articles"
    )
    database.commit()


@pytest.fixture
def shell(tmp_path: Path, config: Config, database: sqlite3.Connection, rules: Rules) -> Shell:
    fill(Newsroom(database, rules), database)
    return Shell(tmp_path, config)


def show(shell: Shell, *arguments: str, columns: int) -> list[str]:
    """Return the lines that a command prints in a terminal of this width, without styles."""
    text = run_at_terminal(shell, *arguments, columns=columns)
    # what is drawn over ("\r" and no line end) was a progress bar
    return [_STYLE.sub("", line).split("\r")[-1] for line in text.replace("\r\n", "\n").split("\n")]


def run_at_terminal(shell: Shell, *arguments: str, columns: int, **more: str) -> str:
    """Return what a command writes to a terminal of this width. ``more`` is added to its environment."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "NO_COLOR"}}  # fmt: skip
    command = [sys.executable, "-m", "watchword", "--config", str(shell.folder / "w.toml"), *arguments]  # fmt: skip
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environ, "TERM": "xterm", **more},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as running:
        os.close(theirs)
        written = b"".join(_read(ours))
    assert running.returncode in {0, 1, 3}, written.decode()
    text = written.decode()
    assert "Traceback" not in text
    return text


def _read(terminal: int) -> Iterator[bytes]:
    with os.fdopen(terminal, "rb", buffering=0) as opened:
        while True:
            try:
                piece = opened.read(65536)
            except OSError:  # Linux reports the end of a terminal as an error
                return
            if not piece:
                return
            yield piece


def list_commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command with its words."""
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), cli)]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                waiting.append(((*words, name), found))
        else:
            yield words, command


def test_every_command_that_lists_or_checks_knows_json_and_is_walked() -> None:
    named = {words for words, _ in list_commands() if words[-1] in {"list", "show", "test", "check", "doctor", "activity", "crawl"}}  # fmt: skip
    knows_json = {words for words, command in list_commands() if any("--json" in one.opts for one in command.params)}  # fmt: skip

    assert knows_json == {*LISTINGS} | _ELSEWHERE
    # a test message is sent to look at the mail, not at a listing
    assert named - {("alert", "test")} <= knows_json


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(
    shell: Shell, words: tuple[str, ...], columns: int
) -> None:
    lines = show(shell, *words, *LISTINGS[words], columns=columns)

    assert len(lines) > 1
    assert not [line for line in lines if cell_len(line) > columns]


@pytest.mark.parametrize("words", [("source", "list"), ("alert", "list"), ("activity",)], ids=" ".join)  # fmt: skip
def test_a_reason_stands_below_its_row_with_its_words_whole(
    shell: Shell, words: tuple[str, ...]
) -> None:
    lines = show(shell, *words, columns=80)

    below = " ".join(line.strip() for line in lines if line.startswith("    "))
    assert REASON in below


def test_columns_stay_aligned_beside_wide_and_combining_characters(shell: Shell) -> None:
    lines = show(shell, "article", "list", columns=80)

    start = cell_len(lines[0][: lines[0].index("headline")])
    begun = [line for line in lines[2:] if line]
    assert len(begun) == len(HEADLINES) + 1
    for line in begun:
        taken = next(place for place in range(len(line)) if cell_len(line[:place]) == start)
        assert line[taken - 2 : taken] == "  "
        assert line[taken] != " "
    assert any("say it" not in line and line.endswith("\u2026") for line in begun)


@pytest.mark.parametrize("words", TABLES, ids=" ".join)
def test_a_pipe_has_one_record_a_line_between_tabs_without_padding(
    shell: Shell, words: tuple[str, ...]
) -> None:
    piped = shell.run(*words, *LISTINGS[words])
    heading, *records = piped.splitlines()

    assert records
    assert len(records) == len(shell.json(*words, *LISTINGS[words]))
    assert {line.count("\t") for line in records} == {heading.count("\t")}
    for cell in "\t".join([heading, *records]).split("\t"):
        assert cell == cell.strip() != ""
    assert "\x1b" not in piped


@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_json_has_machine_values(shell: Shell, words: tuple[str, ...]) -> None:
    code = 1 if words == ("doctor",) else 0
    facts = json.loads(_stdout(shell, *words, *LISTINGS[words], "--json", code=code))

    assert facts
    fields = _fields_of(words)
    assert {*fields} >= {name for one in _as_list(facts) for name in one}
    for key, value in _list_values(facts):
        if key.endswith("_at") and key != "looked_at" and value is not None:
            assert datetime.fromisoformat(str(value)).utcoffset() == timedelta(0), key
        if key.startswith(("is_", "has_")):
            assert value is None or isinstance(value, bool), key


def _fields_of(words: tuple[str, ...]) -> list[str]:
    command = next(found for known, found in list_commands() if known == words)
    option = next(one for one in command.params if "--json" in one.opts)
    assert isinstance(option.type, Fields)
    return list(option.type.known)


def _as_list(found: object) -> list[dict[str, object]]:
    return found if isinstance(found, list) else [found]  # type: ignore[list-item]  # an object


@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_each_field_that_json_promises_is_printed(shell: Shell, words: tuple[str, ...]) -> None:
    searched = ("--search", "drone") if words == ("article", "list") else ()
    facts = json.loads(_stdout(shell, *words, *LISTINGS[words], *searched, "--json", code=1))

    printed = {name for one in _as_list(facts) for name in one}
    assert printed == {*_fields_of(words)} - _ON_OCCASION.get(words, set())


def _stdout(shell: Shell, *arguments: str, code: int) -> str:
    command = [sys.executable, "-m", "watchword", "--config", str(shell.folder / "w.toml"), *arguments]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {0, code, 3}, done.stderr
    return done.stdout


def _list_values(found: object) -> Iterator[tuple[str, object]]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield key, value
            yield from _list_values(value)
    if isinstance(found, list):
        for value in found:
            yield from _list_values(value)


def test_json_has_the_fields_that_were_named_and_names_those_there_are(shell: Shell) -> None:
    assert json.loads(shell.run("article", "list", "--limit", "100", "--json", "id,headline"))[0].keys() == {"id", "headline"}  # fmt: skip

    assert 'no field "headlin" here; did you mean "headline"?' in shell.run("article", "list", "--json", "headlin", code=2)  # fmt: skip
    assert 'no field "xyz" here; there are id, ' in shell.run("article", "show", "1", "--json", "xyz", code=2)  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "1"),
        ("1", "--json"),
        ("--json", "headline", "1"),
        ("1", "--json", "headline,id"),
        ("--json=headline", "1"),
        ("--json", "--", "1"),
    ],
)
def test_json_takes_no_argument_for_a_field(shell: Shell, arguments: tuple[str, ...]) -> None:
    facts = json.loads(shell.run("article", "show", *arguments))

    assert facts["headline"] == HEADLINES[0]
    assert ("body" in facts) == ("headline" not in " ".join(arguments))


def test_a_name_that_is_also_a_field_is_the_name_if_one_is_missing(shell: Shell) -> None:
    assert 'no watch is called "query"' in shell.run("watch", "show", "--json", "query", code=2)
    assert json.loads(shell.run("watch", "show", "--json", "query", "drones")) == {"query": "drone"}


def test_a_list_with_a_misspelt_field_is_no_argument(shell: Shell) -> None:
    assert 'no field "nme"; ' in shell.run("synonyms", "list", "--json", "nme,topic", code=2).replace(" here", "")  # fmt: skip


def test_a_wrong_field_is_refused_before_any_work(shell: Shell) -> None:
    assert 'no field "nosuch"' in shell.run("mail", "test", "me@example.org", "--json", "nosuch", code=2)  # fmt: skip
    assert not (shell.folder / "mail").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("article", "list", "--limit", "x"), '"x" is not possible here; write a whole number from 1 to 100,000'),
        (("article", "list", "--limit", "0"), '"0" is not possible here; write a whole number from 1'),
        (("story", "list", "--fewest", "0"), "write a whole number, 1 or more"),
        (("alert", "show", "first"), '"first" is not a whole number'),
        (("browse", "--port", "http"), "write a whole number from 0 to 65,535"),
        (("alert", "list", "--state", "snt"), '"snt" is not understood; write pending, sent, dead or dropped; did you mean "sent"?'),
    ],
)  # fmt: skip
def test_a_wrong_number_or_choice_is_refused_with_what_is_possible(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    assert words in shell.run(*arguments, code=2)


def test_no_colours_are_written_if_nobody_wants_them(shell: Shell) -> None:
    coloured = run_at_terminal(shell, "doctor", columns=80)
    plain = run_at_terminal(shell, "doctor", columns=80, NO_COLOR="1")

    assert _COLOUR.search(coloured)
    assert not _COLOUR.search(plain)
    assert _STYLE.sub("", coloured).splitlines()[0] == _STYLE.sub("", plain).splitlines()[0]


def test_times_are_in_the_zone_of_who_reads(shell: Shell) -> None:
    file = shell.folder / "w.toml"
    reader = '[mail]\nadmin = "me@example.org"\n[[recipient]]\naddress = "me@example.org"\ntimezone = "Asia/Tokyo"\n'
    file.write_text(file.read_text() + reader)

    # stored at 10:00 UTC
    for words in (("article", "list"), ("story", "list", "--fewest", "1"), ("alert", "list")):
        assert "23 Nov 19:00" in shell.run(*words)
    assert "failing since 20 Nov 14:00" in shell.run("source", "list")


def test_a_listing_that_was_cut_says_how_many_there_are(shell: Shell) -> None:
    assert f"showing 2 of {len(HEADLINES) + 1};" in shell.run("article", "list", "--limit", "2")
    assert "showing" not in shell.run("article", "list", "--limit", "100")
    for words in (
        ("source", "list"),
        ("synonyms", "list"),
        ("source", "catalogue"),
        ("alert", "list"),
    ):
        assert "showing 1 of " in shell.run(*words, "--limit", "1")
        assert len(shell.run(*words, "--limit", "1", "--json").split("\n  {")) == 2
    assert "showing" not in shell.run("source", "list") + shell.run("watch", "list", "--limit", "1")


def test_sources_are_listed_although_a_query_is_faulty(shell: Shell) -> None:
    file = shell.folder / "w.toml"
    file.write_text(file.read_text().replace('query = "drone"', 'query = "(drone"'))

    assert "courier" in shell.run("source", "list")
    assert "never closed" in shell.run("watch", "list", code=2)
