"""What the docs tell people to type works: commands run, configurations load, and what cannot run here is listed with its reason."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.config.schema import Config
from tests.docs.command_blocks import Block, is_shown, list_blocks
from tests.docs.invented_papers import invented_papers, make_first_folder, run
from watchword.cli.reference.write_docs import DOCS
from watchword.cli.terminal.context import check_query

ROOT = DOCS.parent
PAGES = [
    *ROOT.glob("*.md"),
    *(page for page in sorted(DOCS.rglob("*.md")) if page.parent.name != "decisions"),
]
BLOCKS = [block for page in PAGES for block in list_blocks(page)]
WITH_COMMANDS = sorted({block.page for block in BLOCKS if block.language == "console"})
LANGUAGES = {"console", "sh", "text", "toml", "python", "xml"}

# first word of a command that is shown and not run -> why
PROGRAMS = {
    "docker": "there is no Docker here; `make image-check` runs the steps of the image",
    "make": "builds an environment; the targets are what CI runs",
    "mkdir": "belongs to the commands of Docker around it",
    "pip": "installs from an index",
    "pipx": "installs from an index; `make wheel-check` installs the wheel",
    "python": "a bench of minutes; bench/ has its own tests",
    "ssh": "there is no other machine",
    "sudo": "needs root; tests/docs/test_examples.py asks systemd about the units",
    "uv": "installs from an index; `make wheel-check` installs the wheel",
    "$EDITOR": "waits for a person",
}
# the same for commands of ours: the beginning of the command -> why
OURS = {
    "watchword completion": "changes the shell's own files; tests/unit/cli has the shells",
    "watchword man ": "writes into the home folder; tests/unit/cli reads the pages",
    "watchword demo": "ends by Ctrl-C only; tests/daemon runs it",
    "watchword --config my-watch run --browse": "ends by Ctrl-C only; tests/daemon runs it",
    "watchword source add tagesschau": "visits a paper in the internet; tests/unit/cli/source/test_catalogue.py adds one",
    "watchword source catalogue": "visits papers in the internet; tests/unit/cli/source/test_catalogue.py visits its own",
    "watchword init --catalogue": "visits papers in the internet; tests/unit/cli/test_init.py has its own",
    "watchword --config my-watch init": "asks a person; tests/unit/cli/test_init.py answers at a terminal",
    "watchword worker": "needs PostgreSQL and a home; tests/cluster has both",
    "watchword cluster": "needs PostgreSQL and a home; tests/unit/cli/cluster has a home",
    "watchword mail test": "needs a mail server; tests/unit/cli/test_mail_cli.py has one",
}


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def name(block: Block) -> str:
    return f"{relative(block.page)}:{block.line}"


@pytest.fixture(scope="module")
def papers(
    tmp_path_factory: pytest.TempPathFactory, module_forks: None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Serve the papers; return a folder after one crawl, and the environment for commands."""
    folder = tmp_path_factory.mktemp("first")
    with invented_papers(tmp_path_factory.mktemp("certificates")) as environment:
        make_first_folder(folder, environment)
        yield folder, environment


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=relative)
def test_the_commands_of_a_page_work(
    page: Path, papers: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    first, environment = papers
    folder = tmp_path / "folder"
    shutil.copytree(first, folder)

    for block in list_blocks(page):
        if block.title:
            file = folder / block.title
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text.replace("https://courier.example", "http://courier.example"))
        if block.language != "console":
            continue
        for command in block.commands():
            done = run(command.typed, folder, environment)
            told = f"{name(block)}: $ {command.typed}\n{done.stdout}"
            assert done.returncode == command.exit_code, told
            assert not command.shown or is_shown(command.shown, done.stdout), told


@pytest.mark.parametrize("block", BLOCKS, ids=name)
def test_every_block_says_what_it_is(block: Block) -> None:
    assert block.language in LANGUAGES
    is_typed = any(line.startswith("$ ") for line in block.text.splitlines())
    assert block.language in {"console", "sh"} or not is_typed or "Usage:" in block.text


def test_what_is_not_run_is_listed_with_its_reason() -> None:
    used: set[str] = set()
    for block in BLOCKS:
        for line in block.text.splitlines() if block.language == "sh" else ():
            typed = line.partition("  #")[0].strip()
            reason = next((one for one in OURS if typed.startswith(one)), typed.split(" ")[0])
            assert reason in {*PROGRAMS, *OURS}, f"{name(block)}: why is this not run? {typed}"
            used.add(reason)

    assert used == {*PROGRAMS, *OURS}, "reasons that nothing needs any more"


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "toml"], ids=name)
def test_configurations_of_the_docs_load(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "watchword.toml"
    file.write_text(block.text)

    config = load_config(file, environ={}, check_query=check_query)

    assert config != Config()


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "python"], ids=name
)
def test_python_of_the_docs_compiles(block: Block) -> None:
    code = compile(block.text, name(block), "exec")

    assert code.co_names


@pytest.mark.parametrize(
    ("shown", "output", "is_right"),
    [
        (("a b", "c"), "a\n b \nc\n", True),
        (("a", "..."), "a\nb\nc\n", True),
        (("...", "c"), "a\nb\nc\n", True),
        (("a", "...", "c"), "a\nc\n", True),
        (("a",), "a\nb\n", False),
        (("...", "b"), "a\nb\nc\n", False),
        (("a.b",), "axb\n", False),
        (("...", "b"), "ab\n", False),
    ],
)
def test_shown_output_is_compared_word_by_word(
    shown: tuple[str, ...], output: str, is_right: bool
) -> None:
    assert is_shown(shown, output) is is_right
