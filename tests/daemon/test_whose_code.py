"""Code in the current folder, or in an entry of PYTHONPATH, never runs in place of Watchword's own."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from crawler.machine.processes.python_child import child_environment, is_shadowing
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.fakes import FakeSite
from watchword.web.ports import find_free_port

# which modules a process imports is decided while it starts
pytestmark = pytest.mark.own_process

WATCHWORD = (sys.executable, "-P", "-m", "watchword.start")
STRANGERS = (
    "crawler/__init__.py",
    "scheduler/__init__.py",
    "watchword/__init__.py",
    "datasette/__init__.py",
    "json.py",
    "yaml.py",
    "asyncio.py",
    "sqlite3.py",
)
PATIENCE_SECONDS = 60.0


class Place:
    """A configuration, and a working folder of foreign modules; each leaves a mark when it is imported."""

    def __init__(self, folder: Path, site: FakeSite) -> None:
        self.mark = folder / "mark"
        self.strangers = folder / "strangers"
        for name in STRANGERS:
            file = self.strangers / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"open({str(self.mark)!r}, 'a').write({name!r} + ' ')\n")
        site.put_article("/a", "First day at the quay", "Ferry and pilot met. " * 30)
        site.put_feed("/rss", "/a")
        self.config = folder / "watchword.toml"
        self.config.write_text(f"""
            [store]
            path = "{folder / "watchword.db"}"
            [fetch]
            every = "1s"
            min_every = "1s"
            [mail]
            to = ["me@example.org"]
            [[source]]
            name = "courier"
            url = "{site.url}/rss"
            kind = "feed"
            allow_private = true
            backfill = "3650d"
            [[watch]]
            name = "ferries"
            query = "ferry"
            """)

    def command(self, *arguments: str) -> list[str]:
        return [*WATCHWORD, "--config", str(self.config), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        # a colon at the end means the current folder
        kept = {name: text for name, text in os.environ.items() if name != "PYTHONSAFEPATH"}
        return {**kept, "PYTHONPATH": f"{self.strangers}{os.pathsep}"}

    def run(self, *arguments: str, is_hidden: bool = False) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=self.strangers,
            env=self.environment if is_hidden else None,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Path]:
        log = self.mark.with_name("log.txt")
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.command(*arguments), cwd=self.strangers, stdout=out, stderr=out
            )
        try:
            yield log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)

    def marks(self) -> str:
        return self.mark.read_text() if self.mark.exists() else ""


@pytest.fixture
def place(tmp_path: Path, site: FakeSite) -> Place:
    return Place(tmp_path, site)


def _wait_for(log: Path, words: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while words not in log.read_text():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)


def _wait_until_open(url: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not open")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("check",),
        ("doctor",),
        ("source", "list"),
        ("watch", "test", "ferry"),
        ("article", "list"),
        ("alert", "test", "ferries"),
        ("mail", "test"),
    ],
    ids=" ".join,
)
def test_a_command_imports_nothing_of_the_folder_it_is_started_in(
    place: Place, arguments: tuple[str, ...]
) -> None:
    done = place.run(*arguments)

    assert place.marks() == ""
    assert "Traceback" not in done.stderr


def test_a_crawl_reads_pages_although_other_modules_have_the_same_names(place: Place) -> None:
    done = place.run("crawl")

    assert done.returncode == 0, done.stderr
    assert "1 new" in done.stdout
    assert place.marks() == ""


def test_the_daemon_reads_pages_in_a_folder_of_other_modules(place: Place) -> None:
    with place.running("run") as log:
        _wait_for(log, "First day at the quay")

    assert place.marks() == ""


def test_the_web_pages_open_beside_a_module_with_the_name_of_one_they_need(place: Place) -> None:
    with closing(open_for_writing(place.config.with_name("watchword.db"))) as database:
        migrate(database)

    port = find_free_port()
    with place.running("browse", "--port", str(port)):
        _wait_until_open(f"http://127.0.0.1:{port}/")

    assert place.marks() == ""


def test_an_entry_of_pythonpath_that_hides_modules_of_watchword_is_left_out(place: Place) -> None:
    # with these, foreign code would replace Python itself or the entry point before the first line of Watchword runs
    for stranger in ("json.py", "asyncio.py", "sqlite3.py", "watchword/__init__.py"):
        (place.strangers / stranger).unlink()
    (place.strangers / "watchword").rmdir()

    done = place.run("crawl", is_hidden=True)

    assert done.returncode == 0, done.stderr
    assert "1 new" in done.stdout
    assert place.marks() == ""


@pytest.mark.parametrize("entry", ["", ".", "relative/folder"])
def test_an_entry_that_depends_on_the_current_folder_is_left_out(entry: str) -> None:
    assert is_shadowing(entry)


@pytest.mark.parametrize("name", ["crawler/x.py", "scheduler/x.py", "json.py", "asyncio/x.py"])
def test_a_folder_with_a_module_name_of_watchword_or_python_is_left_out(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.touch()

    assert is_shadowing(str(tmp_path))


def test_entries_that_only_add_modules_are_kept(tmp_path: Path) -> None:
    (tmp_path / "their_plugin.py").touch()
    missing = str(tmp_path / "missing")

    environment = child_environment({"PYTHONPATH": f"{tmp_path}:{missing}::.", "LANG": "C"})

    assert environment == {
        "PYTHONPATH": f"{tmp_path}:{missing}",
        "LANG": "C",
        "PYTHONSAFEPATH": "1",
    }


def test_the_folder_of_watchword_itself_is_kept() -> None:
    root = Path(__file__).resolve().parents[2]

    assert not is_shadowing(str(root))
