"""What reads sources and pages talks to the notebook only; that it imports no storage is a contract of import-linter."""

import ast
from pathlib import Path

import pytest

from crawler.flows.embedded_notebook import EmbeddedNotebook
from crawler.flows.process.notebook import Notebook
from watchword.cli.reference.write_docs import DOCS

CRAWLER = DOCS.parent / "crawler"
READING = [
    *(CRAWLER / "spiders").rglob("*.py"),
    *(CRAWLER / "middlewares").rglob("*.py"),
    *(CRAWLER / "flows" / "crawl").rglob("*.py"),
    *(CRAWLER / "flows" / "news" / "pages").rglob("*.py"),
    CRAWLER / "worker.py",
    CRAWLER / "pipelines.py",
]


@pytest.mark.parametrize("path", READING, ids=lambda path: path.relative_to(CRAWLER).as_posix())
def test_nobody_who_reads_pages_takes_the_writer(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))

    taken = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"writer", "_writer"}
    ]

    assert taken == []


def test_the_embedded_notebook_has_every_method_of_its_own() -> None:
    asked = {name for name in dir(Notebook) if not name.startswith("_")}

    assert asked <= vars(EmbeddedNotebook).keys()
