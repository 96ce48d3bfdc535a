"""The glossary is respected: no retired word in names, settings, tables, commands, templates, help or documents."""

import io
import re
import sqlite3
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from crawler.config.files.file_parts import LISTS
from crawler.config.schema import Config
from watchword.cli.main import cli
from watchword.cli.reference.write_docs import DOCS

ROOT = DOCS.parent
PACKAGES = ("crawler", "scheduler", "watchword")
PYTHON = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
TESTS = sorted(path for name in ("tests", "bench") for path in (ROOT / name).rglob("*.py"))
TEXTS = [
    *ROOT.glob("*.md"),
    *(path for path in DOCS.rglob("*.md") if path.parent.name != "decisions"),
    *(ROOT / "watchword").rglob("*.html"),
    *(ROOT / "watchword").rglob("*.yml"),
    *(ROOT / "crawler" / "alerting" / "templates").iterdir(),
    *(ROOT / "crawler" / "alerting" / "languages").glob("*.toml"),
]
# these keep the words of their time, or are about them
HISTORY = {"CHANGELOG.md", "docs/internals/glossary.md", "crawler/config/files/retired.py"}

# (path, word, why it is allowed there)
EXCEPTIONS: tuple[tuple[str, str, str], ...] = (
    (r"bench/scale/cluster/earlier\.py", "furniture", "the earlier commit's own name"),
    (
        r"crawler/(extract|dedup|matching|text)/|crawler/middlewares/|crawler/config/values",
        "letter",
        "of the alphabet",
    ),
    (
        r"crawler/alerting/channels/service_answers|crawler/storage/file/instance_lock|watchword/cli/terminal/context",
        "letter",
        "of the alphabet",
    ),
    (
        r"crawler/alerting/mail/smtp_session\.py|crawler/alerting/links\.py|watchword/cli/mail\.py|docs/reference/watch-language\.md",
        "letter",
        "of the alphabet",
    ),
    (
        r"crawler/storage/file/migrations/|docs/explanation/alerts\.md|docs/reference/(settings|commands|tables|webhooks)\.md|watchword/web/datasette\.yml",
        "letters and digits",
        "of the alphabet",
    ),
    (
        r"tests/(unit/(extract|dedup|matching|text|middlewares)|field|spiders)/|bench/",
        "letter",
        "of the alphabet",
    ),
    (
        r"crawler/matching/|docs/reference/watch-language\.md|tests/unit/matching/|bench/matching",
        "operator",
        "of a query",
    ),
    (r"watchword/web/owner_login\.py", "letter", "of the alphabet"),
    (r"crawler/dedup/comparable\.py|tests/unit/dedup/", "dateline", "an agency's"),
    (r"tests/field/lists/test_large_sitemaps\.py", "operator", "an error code of mypy"),
    (r"watchword/demo/pages/", "", "pages of the newspaper"),
)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True)
class Retired:
    """A word of the last column: refused as a name, and in texts too unless it is in code font there."""

    word: str
    is_name_only: bool

    @property
    def is_setting(self) -> bool:
        """Whether it is refused as a setting alone."""
        return self.word.startswith("[")

    def stands_in_name(self, name: str) -> bool:
        """Return whether an identifier contains the word."""
        if self.is_setting:
            return False
        own, parts = _parts(name), _parts(self.word)
        if len(own) < len(parts):
            return False
        plural = (*parts[:-1], f"{parts[-1]}s")
        spans = [own[at : at + len(parts)] for at in range(len(own) - len(parts) + 1)]
        return parts in spans or plural in spans

    def stands_in_text(self, text: str) -> re.Match[str] | None:
        """Find it in a text, as a word of its own."""
        return _expression(self.word).search(text)


# the same names stand in most modules
@cache
def _parts(name: str) -> tuple[str, ...]:
    """Return the words an identifier is made of."""
    return tuple(part.lower() for part in _PART.findall(name))


@cache
def _expression(word: str) -> re.Pattern[str]:
    words = r"[\s#*]+".join(map(re.escape, word.split()))
    return re.compile(rf"(?<![\w-]){words}s?(?![\w-])", re.IGNORECASE)


@cache
def read_glossary() -> tuple[Retired, ...]:
    """Return the retired words."""
    found = []
    for line in (DOCS / "internals" / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if (
            len(cells) != 3
            or not line.startswith("|")
            or set(cells[0]) <= {"-"}
            or cells[2] == "instead of"
        ):
            continue
        found += [
            Retired(word.strip("` "), word.strip().startswith("`"))
            for word in cells[2].split(",")
            if word.strip()
        ]
    return tuple(found)


def is_excepted(path: str, retired: Retired, around: str = "") -> bool:
    """Return whether a word is allowed in a file."""
    for pattern, word, _ in EXCEPTIONS:
        is_word = word in {"", retired.word} or (
            word.startswith(retired.word) and word in around.lower()
        )
        if is_word and re.match(pattern, path):
            return True
    return path in HISTORY


def relative(path: Path) -> str:
    """Return a path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


def read_names(source: str) -> Iterator[tuple[int, str]]:
    """Yield the identifiers of a module with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string


def read_texts(source: str) -> Iterator[tuple[int, str]]:
    """Yield comments and strings of a module with their lines."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.COMMENT, tokenize.STRING}:
            yield token.start[0], token.string


def list_settings(model: type[BaseModel], where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings, each with its table."""
    for name, info in model.model_fields.items():
        yield where, info.alias or name
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from list_settings(info.annotation, f"[{name}] ")


def list_commands(
    command: click.Command, name: str = "watchword"
) -> Iterator[tuple[str, str, str]]:
    """Yield each command: its name, its options' names, and its help."""
    options = " ".join(
        option for each in command.params for option in (*each.opts, *each.secondary_opts)
    )
    texts = " ".join(
        [command.help or "", *(getattr(each, "help", "") or "" for each in command.params)]
    )
    yield name, options, texts
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            if (inner := command.get_command(context, each)) is not None:
                yield from list_commands(inner, f"{name} {each}")


def test_the_glossary_is_read() -> None:
    words = {one.word: one.is_name_only for one in read_glossary()}

    assert words["letter"] is False
    assert words["wish"] is True
    assert words["[mail] gather"] is True


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_no_module_has_a_retired_word(path: Path) -> None:
    source, where = path.read_text(encoding="utf-8"), relative(path)
    faults = [
        f"{where}:{line}: {name}: {one.word} is retired"
        for line, name in (*read_names(source), (0, path.stem))
        for one in read_glossary()
        if one.stands_in_name(name) and not is_excepted(where, one)
    ]
    faults += [
        f"{where}:{line}: {found[0]!r} is retired"
        for line, text in read_texts(source)
        for one in read_glossary()
        if not one.is_name_only
        and (found := one.stands_in_text(text))
        and not is_excepted(where, one, text)
    ]

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", TESTS, ids=relative)
def test_no_name_of_a_test_or_benchmark_is_retired(path: Path) -> None:
    where = relative(path)
    faults = [
        f"{where}:{line}: {name}: {one.word} is retired"
        for line, name in read_names(path.read_text(encoding="utf-8"))
        for one in read_glossary()
        if not one.is_name_only and one.stands_in_name(name) and not is_excepted(where, one)
    ]

    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", TEXTS, ids=relative)
def test_no_document_or_template_has_a_retired_word(path: Path) -> None:
    text, where = path.read_text(encoding="utf-8"), relative(path)
    faults = [
        f"{where}:{number}: {found[0]!r} is retired"
        for number, line in enumerate(text.splitlines(), start=1)
        for one in read_glossary()
        if not one.is_name_only
        and (found := one.stands_in_text(line))
        and not is_excepted(where, one, line)
    ]
    # names in code font, and what templates evaluate
    for piece in re.findall(r"`[^`\n]+`|\{[{%].*?[%}]\}", text):
        faults += [
            f"{where}: {piece}: {one.word} is retired"
            for one in read_glossary()
            if any(one.stands_in_name(name) for name in re.findall(r"[A-Za-z_]+", piece))
            and not is_excepted(where, one, piece)
        ]

    assert not faults, "\n".join(faults)


def test_no_table_column_or_index_has_a_retired_word(database: sqlite3.Connection) -> None:
    objects = database.execute("SELECT type, name FROM sqlite_master").fetchall()
    names = {row["name"] for row in objects}
    for row in objects:
        if row["type"] in {"table", "view"}:
            names |= {
                f"{row['name']}.{column['name']}"
                for column in database.execute(f"PRAGMA table_info({row['name']})")
            }

    faults = [
        f"{name}: {one.word}"
        for name in sorted(names)
        for one in read_glossary()
        if any(map(one.stands_in_name, name.split(".")))
    ]

    assert not faults


def test_no_setting_has_a_retired_word() -> None:
    settings = list(list_settings(Config))
    for table, model in LISTS.items():
        settings += [(f"[[{table}]] ", name) for _, name in list_settings(model)]
        settings.append(("", f"[[{table}]]"))
    retired = {one.word for one in read_glossary()}

    faults = [where + name for where, name in settings if where + name in retired]
    faults += [
        f"{where}{name}: {one.word}"
        for where, name in settings
        for one in read_glossary()
        if one.stands_in_name(name)
    ]

    assert not faults


def test_no_command_option_or_help_has_a_retired_word() -> None:
    faults = [
        f"{name}: {one.word} is retired"
        for name, options, texts in list_commands(cli)
        for one in read_glossary()
        if any(one.stands_in_name(word) for word in f"{name} {options}".replace("--", "").split())
        or (not one.is_name_only and one.stands_in_text(texts))
    ]

    assert not faults
