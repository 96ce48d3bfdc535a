"""A configuration with one stored article, and the real command."""

import sqlite3
from pathlib import Path

import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.newsroom import ARTICLE, Newsroom
from tests.unit.cli.test_cli import Shell


@pytest.fixture
def shell(tmp_path: Path, config: Config, database: sqlite3.Connection, rules: Rules) -> Shell:
    Newsroom(database, rules).keep(
        ARTICLE.__class__(
            url="https://courier.org/a",
            headline="Quay \x1b[31mcrossed",
            body=ARTICLE.body,
            language="en",
        )
    )
    return Shell(tmp_path, config)
