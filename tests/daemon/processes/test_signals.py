"""SIGTERM ends every long-running command, also as process 1 of a container without an init."""

import signal
import subprocess

import pytest

from crawler.storage.file.instance_lock import InstanceLock
from tests.daemon.processes.scene import Scene, wait_for

OWN_PROCESSES = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


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
