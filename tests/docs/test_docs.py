"""The documentation is true: what exists is described, what is described exists."""

import re
import sqlite3
from pathlib import Path

import pytest
import yaml

from crawler.config.load import load_config
from watchword.cli.main import COMMANDS
from watchword.cli.reference.write_docs import DOCS, PAGES
from watchword.cli.setup.first_config import FIRST_CONFIG
from watchword.cli.terminal.context import check_query

ROOT = DOCS.parent
MARKDOWN = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_every_table_and_column_is_described(database: sqlite3.Connection) -> None:
    text = (ROOT / "watchword" / "web" / "datasette.yml").read_text(encoding="utf-8")
    described = yaml.safe_load(text)["databases"]["watchword"]["tables"]
    names = [
        row["name"]
        for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        )
        if not row["name"].startswith("revision_keys_")
    ]
    for name in names:
        columns = {row["name"] for row in database.execute(f"PRAGMA table_info({name})")}
        if described[name].get("hidden") and "columns" not in described[name]:
            continue
        assert set(described[name]["columns"]) == columns, name
    assert set(described) == set(names)


def test_every_canned_query_runs(database: sqlite3.Connection) -> None:
    text = (ROOT / "watchword" / "web" / "datasette.yml").read_text(encoding="utf-8")
    for name, query in yaml.safe_load(text)["databases"]["watchword"]["queries"].items():
        is_private = query.get("allow") == {"id": "root"}
        assert is_private or "deliveries" not in query["sql"], f"{name} would show recipients"
        asked = dict.fromkeys(re.findall(r":([a-z]+)", query["sql"]), 1)
        database.execute(query["sql"], asked).fetchall()


def test_the_seeds_and_the_first_configuration_are_good(tmp_path: Path) -> None:
    (tmp_path / "watchword.toml").write_text(FIRST_CONFIG)
    seeds = load_config(ROOT / "seeds", environ={}, check_query=check_query)
    first = load_config(tmp_path, environ={}, check_query=check_query)

    assert len(seeds.sources) >= 20
    assert any("english.alahednews.com.lb" in source.url for source in seeds.sources)
    assert seeds.watches[0].name == first.watches[0].name == "drones"


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: page.name)
def test_links_between_pages_have_targets(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not link.startswith("http"):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: page.name)
def test_commands_named_in_the_docs_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`watchword (?:--config \S+ )?([a-z]+)", text))
    targets = set(re.findall(r"`make ([a-z-]+)", text))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert named <= set(COMMANDS), named - set(COMMANDS)
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets), targets


def test_ci_runs_the_check_the_readme_names() -> None:
    assert "make check" in (ROOT / ".ci" / "run").read_text()
    assert "`make check`" in (ROOT / "README.md").read_text(encoding="utf-8")
