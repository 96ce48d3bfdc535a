"""What a command must not wait for: modules that take longer to import than all else it does."""

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.config.schema import Config
from tests.newsroom import Newsroom
from tests.unit.cli.test_cli import ROOT, Shell

HEAVY = {"babel", "datasette", "email.message", "importlib.metadata", "jinja2", "lxml", "scrapy", "selectolax", "trafilatura", "twisted"}  # fmt: skip
_LOOK = """
import sys
from watchword.cli.main import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sys.modules, sep="\\n", file=sys.stderr)
"""


def list_modules(*arguments: str) -> set[str]:
    """Return the modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-c", _LOOK, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


def test_help_waits_for_no_configuration_and_no_database() -> None:
    modules = list_modules("--help")

    assert not modules & {*HEAVY, "asyncio", "pydantic", "rich", "sqlite3"}


@pytest.mark.parametrize("command", ["source", "article", "watch", "alert"])
def test_a_listing_waits_only_for_the_configuration_and_the_database(
    newsroom: Newsroom, config: Config, tmp_path: Path, command: str
) -> None:
    newsroom.keep()
    shell = Shell(tmp_path, config)

    modules = list_modules("--config", str(shell.folder / "w.toml"), command, "list")

    allowed = {"email.message", "importlib.metadata"}
    assert not modules & (HEAVY - allowed)
    if command == "source":
        assert not modules & {"asyncio", "cssselect", "ssl", "rich.console", "crawler.matching.queries.query"}  # fmt: skip
