"""``watchword synonyms``, on a real configuration."""

import tomllib
from pathlib import Path

import pytest

from crawler.config.schema import Config
from tests.newsroom import Newsroom
from tests.unit.cli.test_cli import Shell

MORE = """
# about ports
[[watch]]
name = "ports"
query = "Kiev NEAR/10 port"   # and one here
synonyms = ["mine"]
[[synonyms]]
name = "mine"
words = ["port", "harbour"]
"""


@pytest.fixture
def shell(config: Config, tmp_path: Path) -> Shell:
    made = Shell(tmp_path, config)
    with (tmp_path / "w.toml").open("a") as file:
        file.write(MORE)
    return made


def read(shell: Shell) -> str:
    return (shell.folder / "w.toml").read_text()


def test_sets_are_listed_by_any_of_their_spellings(shell: Shell) -> None:
    (found,) = shell.json("synonyms", "list", "Киев")

    assert (found["name"], found["topic"], found["is_configured"]) == ("kyiv", "places", False)
    assert "kyiv" in shell.run("synonyms", "list")
    assert "No set has lighthouse" in shell.run("synonyms", "list", "lighthouse")
    assert [one["name"] for one in shell.json("synonyms", "list", "who")] == ["who"]


def test_a_set_is_copied_and_named_in_the_watch_and_comments_stay(shell: Shell) -> None:
    before = read(shell)

    output = shell.run("synonyms", "add", "kyiv", "--watch", "ports")

    text = read(shell)
    facts = tomllib.loads(text)
    assert "Added the set kyiv" in output
    assert [one["synonyms"] for one in facts["watch"] if one["name"] == "ports"] == [
        ["mine", "kyiv"]
    ]
    assert {"Kyiv", "Киев", "基辅"} <= set(facts["synonyms"][-1]["words"])
    kept = [line for line in before.splitlines() if "synonyms = " not in line]
    assert [line for line in kept if line not in text] == []
    assert "all good" in shell.run("check")
    assert [one["is_configured"] for one in shell.json("synonyms", "list", "kyiv")] == [True]


def test_a_folder_gets_a_file_of_sets(shell: Shell) -> None:
    folder = shell.folder / "conf"
    folder.mkdir()
    (shell.folder / "w.toml").rename(folder / "w.toml")

    output = shell.run("synonyms", "add", "hamas", config="conf")

    facts = tomllib.loads((folder / "synonyms.toml").read_text(encoding="utf-8"))
    assert [one["name"] for one in facts["synonyms"]] == ["hamas"]
    assert "synonyms.toml" in output
    assert "--watch WATCH" in output


def test_adding_twice_changes_nothing(shell: Shell) -> None:
    shell.run("synonyms", "add", "kyiv", "--watch", "ports")
    before = read(shell)

    output = shell.run("synonyms", "add", "kyiv", "--watch", "ports")

    assert "stays as it is" in output
    assert "uses it already" in output
    assert read(shell) == before


def test_a_set_of_your_own_is_kept(shell: Shell) -> None:
    shell.run("synonyms", "add", "mine", "--watch", "drones")

    facts = tomllib.loads(read(shell))
    assert [one["words"] for one in facts["synonyms"]] == [["port", "harbour"]]
    assert facts["watch"][0]["synonyms"] == ["mine"]


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    before = read(shell)

    output = shell.run("synonyms", "add", "kyiv", "--watch", "ports", "--dry-run")

    assert "Would add the set kyiv" in output
    assert read(shell) == before


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("kyv",), 'did you mean "kyiv"?'),
        (("Kiev",), "`kyiv` has this word"),
        (("lighthouse",), "`watchword synonyms list` lists them"),
        (("kyiv", "--watch", "prts"), 'did you mean "ports"?'),
    ],
)
def test_a_mistyped_name_is_refused_with_the_right_one(
    shell: Shell, arguments: tuple[str, ...], answer: str
) -> None:
    before = read(shell)

    assert answer in shell.run("synonyms", "add", *arguments, code=2)
    assert read(shell) == before


def test_a_set_without_a_word_of_the_query_is_added_with_a_note(shell: Shell) -> None:
    assert "it changes nothing there" in shell.run("synonyms", "add", "gaza", "--watch", "ports")


def test_a_new_watch_is_told_which_command_finds_the_other_spellings(shell: Shell) -> None:
    told = shell.run("watch", "add", "new one", "Kyiv")

    assert "Kyiv is also written Kiev, Київ" in told
    assert "`watchword synonyms add kyiv --watch 'new one'` finds them too" in told


def test_a_changed_query_is_told_as_well(shell: Shell) -> None:
    told = shell.run("watch", "edit", "ports", "--query", "Beijing")

    assert "Beijing is also written" in told
    assert "`watchword synonyms add beijing --watch ports` finds them too" in told
    assert "also written" not in shell.run("watch", "edit", "ports", "--min-mentions", "2")


def test_a_query_on_trial_is_told_until_its_watch_has_the_set(
    shell: Shell, newsroom: Newsroom
) -> None:
    note = "Kiev is also written Kyiv"

    assert note in shell.run("watch", "test", "--watch", "ports")
    assert note in shell.run("watch", "test", "Kiev harbour")
    assert note not in shell.run("watch", "test", "Kiev harbour", "--json")
    shell.run("synonyms", "add", "kyiv", "--watch", "ports")
    assert note not in shell.run("watch", "test", "--watch", "ports")
