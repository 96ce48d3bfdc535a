"""Fixtures, markers and settings for all tests."""

import logging
import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from crawler.config.schema import Config
from crawler.config.sections.sources import SourceSettings
from crawler.config.sections.watches import WatchSettings
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import Rules, load_rules
from crawler.logs.lines import LineFormatter
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.crawl_server.running import run_crawl_server
from tests.fakes import START, FakeClock, FakeMailbox, FakeSite
from tests.newsroom import Newsroom

# parse workers import functions from `tests`, and child processes never import from the folder they are started in
os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
# not the user's own cache; kept from run to run, because building the dictionaries of a language takes seconds
os.environ.setdefault(
    "XDG_CACHE_HOME", str(Path(__file__).resolve().parents[1] / "build" / "cache")
)
# in the background, or under nohup, these signals are ignored, and children inherit that
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)
# no deadline: the first example in a language loads its dictionary
settings.register_profile("fast", deadline=None, max_examples=15)
settings.register_profile("thorough", deadline=None, max_examples=60)
settings.load_profile("thorough")
_ROOT = Path(__file__).resolve().parent
# whole visits, real processes (each command takes 1.3 s of processor time), an image's file system
_SLOW_FOLDERS = ("browser", "crawl_server", "daemon", "field", "image", "spiders", "unit/cli")
# their processes are forked from one that has loaded everything
_FORKING_FOLDERS = ("browser", "field", "flows/web", "spiders", "unit/cli")
# only the processes that commands start are forked
_CHILDREN_FORKING_FOLDERS = ("daemon",)
# these start first: started last, each would run alone at the end
_LONGEST = ("kill", "long", "ninety_days", "soak")
_SERVER = pytest.StashKey[Mapping[str, str]]()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark tests as slow by their folder."""
    folder = item.path.relative_to(_ROOT).parent
    is_slow = any(folder.is_relative_to(slow) for slow in _SLOW_FOLDERS)
    if is_slow and not item.get_closest_marker("walk"):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first, the others after them in their random order."""
    items.sort(key=lambda item: not any(map(item.get_closest_marker, _LONGEST)))


@pytest.fixture(autouse=True)
def _same_log() -> Iterator[None]:
    """Restore the root logger: commands that run inside a test set its level, and later tests would see no warning."""
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
    for handler in [*root.handlers]:
        if isinstance(handler.formatter, LineFormatter):
            root.removeHandler(handler)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Start one crawl server for all workers of pytest-xdist; it ends with the run."""
    config: pytest.Config = node.config
    if _SERVER not in config.stash:
        stack = ExitStack()
        config.stash[_SERVER] = stack.enter_context(run_crawl_server())
        config.add_cleanup(stack.close)
    node.workerinput["crawl_server"] = config.stash[_SERVER]


@pytest.fixture(scope="session")
def crawl_server(request: pytest.FixtureRequest) -> Iterator[Mapping[str, str]]:
    """Yield the variables with which processes are forked from a server that has loaded everything."""
    shared = getattr(request.config, "workerinput", {}).get("crawl_server")
    if shared is not None:
        yield shared
        return
    with run_crawl_server() as variables:
        yield variables


@pytest.fixture
def forked_crawls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork crawl processes, web pages and commands from the server that has loaded everything, see ``tests/crawl_server``.

    A test marked ``own_process`` starts them.
    """
    if request.node.get_closest_marker("own_process"):
        return
    for name, value in request.getfixturevalue("crawl_server").items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def module_forks(crawl_server: Mapping[str, str]) -> Iterator[None]:
    """Fork as ``forked_crawls`` does, for what the tests of a module share."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in crawl_server.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def forked_children(forked_crawls: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork crawl processes and web pages, but start commands."""
    monkeypatch.setenv("TESTS_STARTED", "watchword")


@pytest.fixture(autouse=True)
def _forking(request: pytest.FixtureRequest) -> None:
    """Fork in folders of many visits and commands."""
    if "forked_crawls" in request.fixturenames:
        return
    folder = request.path.relative_to(_ROOT).parent
    if any(folder.is_relative_to(each) for each in _FORKING_FOLDERS):
        request.getfixturevalue("forked_crawls")
    elif any(folder.is_relative_to(each) for each in _CHILDREN_FORKING_FOLDERS):
        request.getfixturevalue("forked_children")


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as fake:
        yield fake


@pytest.fixture
def mailbox() -> Iterator[FakeMailbox]:
    with FakeMailbox() as fake:
        yield fake


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration with two sources, one watch and a database of its own."""
    return make_config(tmp_path)


def make_config(folder: Path, **overrides: object) -> Config:
    return Config.model_validate(
        {
            "store": {"path": folder / "watchword.db"},
            "sources": [
                SourceSettings(name="courier", url="http://courier.example/rss", tags=("coast",)),
                SourceSettings(name="gazette", url="http://gazette.example/rss"),
            ],
            "watches": [WatchSettings(name="drones", query="drone", to=("me@example.org",))],
            **overrides,
        }
    )


@pytest.fixture
def database(config: Config) -> Iterator[sqlite3.Connection]:
    """Yield an open database with the configuration applied."""
    connection = open_for_writing(config.store.path)
    migrate(connection)
    apply_config(connection, config, now=START)
    yield connection
    connection.close()


@pytest.fixture
def rules(database: sqlite3.Connection, config: Config) -> Rules:
    return load_rules(database, config)


@pytest.fixture
def newsroom(database: sqlite3.Connection, rules: Rules) -> Newsroom:
    return Newsroom(database, rules)
