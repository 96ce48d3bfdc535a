"""SIGTERM ends every long-running command, also as process 1 of a container without an init."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from crawler.storage.file.instance_lock import InstanceLock
from tests.fakes import FakeSite, Reply

PATIENCE_SECONDS = 60.0
OWN_PROCESSES = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


class Scene:
    """A configuration with a source that was read once and never answers again, and a mail server that never answers.

    called  set once a command waits for one of the two
    """

    def __init__(self, folder: Path, site: FakeSite, server: socket.socket) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        self.called, self.is_over = threading.Event(), threading.Event()
        self.url = f"{site.url}/held"
        self.addresses = {"URL": self.url, "OTHER": f"{site.url}/other"}
        self._site = site
        site.put_article("/a", "First day at the quay", "Ferry and pilot met. " * 30)
        site.put_feed("/held", "/a")
        self.config = folder / "watchword.toml"
        self._server = f'host = "127.0.0.1"\nport = {server.getsockname()[1]}\ntls = "none"'
        self.configure(mail=self._server)
        threading.Thread(target=self._answer, args=(server,), daemon=True).start()

    def configure(self, *, mail: str) -> None:
        self.config.write_text(f"""
            [store]
            path = "w.db"
            [fetch]
            per_domain = {{ delay = "0s" }}
            [mail]
            from = "w@example.org"
            to = ["me@example.org"]
            {mail}
            [[source]]
            name = "held"
            url = "{self.url}"
            kind = "feed"
            allow_private = true
            backfill = "3650d"
            [[watch]]
            name = "ferries"
            query = "ferry"
            """)

    def command(self, *arguments: str) -> list[str]:
        own = (sys.executable, "-P", "-m", "watchword.start", "--config", str(self.config))
        return [*own, *arguments]

    def read_once(self) -> None:
        """Read the source while it still answers, and put the alert into the Maildir."""
        self.configure(mail="")
        subprocess.run(self.command("crawl"), capture_output=True, check=True)
        self.configure(mail=self._server)

    def fall_silent(self) -> None:
        """Stop the source from answering from now on; nobody has connected yet."""
        self._site.pages["/held"] = self._site.pages["/other"] = self._hold
        self.called.clear()

    def _hold(self, _asked: object) -> Reply:
        self.called.set()
        self.is_over.wait(PATIENCE_SECONDS)
        return Reply(b"")

    def _answer(self, server: socket.socket) -> None:
        try:
            connection, _ = server.accept()
        except OSError:  # closed: nobody connected
            return
        self.called.set()
        self.is_over.wait(PATIENCE_SECONDS)
        connection.close()

    def has_said(self, words: str) -> bool:
        return words in self.log.read_text()

    @contextmanager
    def running(self, start: tuple[str, ...], arguments: tuple[str, ...]) -> Iterator["Running"]:
        """Start a command in its own session, and end whatever is left of it."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [*start, *self.command(*arguments)],
                stdout=log,
                stderr=log,
                start_new_session=True,
                # the demo leaves its folder, to be opened again
                env={**os.environ, "TMPDIR": str(self.folder)},
            )
        try:
            yield Running(process, is_first=bool(start))
        finally:
            process.kill()  # --kill-child ends the whole namespace
            process.wait()
            self.is_over.set()


class Running:
    """A running command; ``pid`` is that of process 1 if it is one."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, is_first: bool) -> None:
        self._process = process
        self.pid = process.pid
        if is_first:
            wait_for(lambda: bool(list_children(process.pid)) or self.has_ended)
            self.pid = next(iter(list_children(process.pid)), 0)

    def end(self, number: signal.Signals) -> int:
        os.kill(self.pid, number)
        code = self._process.wait(PATIENCE_SECONDS)
        return 128 - code if code < 0 else code

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None


def list_children(pid: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:  # it has ended
        return []


def wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def scene(tmp_path: Path, site: FakeSite) -> Iterator[Scene]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        found = Scene(tmp_path, site, server)
        yield found
        found.is_over.set()


@pytest.fixture
def start() -> tuple[str, ...]:
    """Return the prefix that makes a command process 1."""
    if subprocess.run([*OWN_PROCESSES, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a process namespace needs root")
    return OWN_PROCESSES


def test_a_trial_visit_that_is_stopped_reports_it_by_its_exit_code(scene: Scene) -> None:
    scene.fall_silent()
    with scene.running((), ("source", "test", scene.url, "--allow-private")) as running:
        wait_for(lambda: scene.called.is_set() or running.has_ended)

        assert running.end(signal.SIGTERM) == 143, scene.log.read_text()


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        pytest.param(0, ("run",), marks=pytest.mark.own_process),
        pytest.param(143, ("crawl",), marks=pytest.mark.own_process),
        (143, ("source", "test", "URL", "--allow-private")),
        (143, ("source", "add", "OTHER", "--allow-private")),
        (143, ("article", "understand", "URL", "--allow-private")),
        (143, ("mail", "test")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_that_waits_for_a_server_ends_on_sigterm(
    scene: Scene, start: tuple[str, ...], code: int, arguments: tuple[str, ...]
) -> None:
    scene.fall_silent()
    stated = tuple(scene.addresses.get(argument, argument) for argument in arguments)
    with scene.running(start, stated) as running:
        wait_for(lambda: scene.called.is_set() or running.has_ended)

        assert not running.has_ended, scene.log.read_text()
        assert running.end(signal.SIGTERM) == code, scene.log.read_text()


def test_sending_a_sample_ends_on_sigterm(scene: Scene, start: tuple[str, ...]) -> None:
    scene.read_once()
    scene.fall_silent()
    with scene.running(start, ("alert", "test", "ferries")) as running:
        wait_for(lambda: scene.called.is_set() or running.has_ended)

        assert running.end(signal.SIGTERM) == 143, scene.log.read_text()


@pytest.mark.parametrize(
    ("code", "words", "arguments"),
    [
        (143, "Waiting for the daemon", ("browse", "--port", "0", "--wait")),
        (143, "Waiting for `watchword crawl`", ("crawl", "--wait", "5m")),
        (0, "Watching 2 sources", ("demo",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_that_waits_for_other_commands_or_readers_ends_on_sigterm(
    scene: Scene, start: tuple[str, ...], code: int, words: str, arguments: tuple[str, ...]
) -> None:
    with (
        InstanceLock(scene.folder / "w.db", holder="watchword crawl"),
        scene.running(start, arguments) as running,
    ):
        wait_for(lambda: scene.has_said(words) or running.has_ended)

        assert not running.has_ended, scene.log.read_text()
        assert running.end(signal.SIGTERM) == code, scene.log.read_text()


@pytest.mark.own_process
def test_web_pages_end_in_order(scene: Scene, start: tuple[str, ...]) -> None:
    scene.read_once()
    with scene.running(start, ("browse", "--port", "0")) as running:
        wait_for(lambda: scene.has_said("Web pages") or running.has_ended)

        assert running.end(signal.SIGTERM) == 0, scene.log.read_text()
        assert scene.has_said("Closed.")


def test_other_signals_are_forwarded(scene: Scene, start: tuple[str, ...]) -> None:
    scene.fall_silent()
    with scene.running(start, ("crawl",)) as running:
        wait_for(lambda: scene.called.is_set() or running.has_ended)

        assert running.end(signal.SIGHUP) == 129, scene.log.read_text()


def test_process_1_ends_as_its_command_did(scene: Scene, start: tuple[str, ...]) -> None:
    scene.config.write_text("[store]\npath = 1\n")
    with scene.running(start, ("check",)) as running:
        wait_for(lambda: running.has_ended)

        assert running.exit_code == 2
