"""The guided run of the demo: run the real daemon on the bundled newspaper, and print its events and first alert."""

import os
import secrets
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from crawler.clock import utc_now
from crawler.errors import DatabaseUnusable
from crawler.machine.processes.python_child import child_environment, python_command
from crawler.storage.file.database import open_for_reading
from crawler.text.lines import plain
from watchword.demo.configuration import write_config
from watchword.demo.ending import say_how_to_reopen, summarise
from watchword.demo.newspaper import Newspaper
from watchword.demo.seen import Seen
from watchword.machine_zone import find_machine_zone
from watchword.progress import Progress
from watchword.web.access.admission import Admission
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open, write_sign_in

# short enough that events look live
_LOOK_SECONDS = 0.2
# until the daemon has made its database: on a busy machine its imports alone take seconds, on a very busy one a minute
_START_SECONDS = 120.0
_OUTLET_COUNT = 2
# the late article appears after 14 s, the edits after 17 and 20; the rest is for a busy machine
_STORY_SECONDS = 300.0
# after which the demo says what it is still waiting for
_PATIENCE_SECONDS = 60.0
# the daemon promises to stop within ten seconds
_STOP_SECONDS = 12.0


class HeldClock:
    """The newspaper's clock: it stands still until the daemon has read the paper once.

    Otherwise, on a slow machine, an article would be edited before its first fetch and never be seen to change.
    """

    def __init__(self) -> None:
        self._opened_at = utc_now()
        self._released_at: datetime | None = None

    def __call__(self) -> datetime:
        if self._released_at is None:
            return self._opened_at
        return self._opened_at + (utc_now() - self._released_at)

    def release(self) -> None:
        """Let time pass from now on; a second call changes nothing."""
        self._released_at = self._released_at or utc_now()


def run_tour(console: Console, *, is_endless: bool, watch_count: int = 1) -> bool:
    """Run the demo; return whether everything happened that should.

    is_endless   keep running until Ctrl-C; otherwise end once everything was seen
    watch_count  how many watches; all but the first match nothing
    """
    _forget_settings()
    folder = Path(tempfile.mkdtemp(prefix="watchword-demo-"))
    is_stopped, seen = False, Seen()
    try:
        _show(console, folder, seen, is_endless=is_endless, watch_count=watch_count)
    except KeyboardInterrupt:
        is_stopped = True
        console.print("\nStopped.")
    say_how_to_reopen(console, folder)
    return is_stopped or seen.is_whole()


def _show(
    console: Console, folder: Path, seen: Seen, *, is_endless: bool, watch_count: int
) -> None:
    """Run newspaper, daemon and web pages, and print what happens; note it in ``seen``."""
    clock, web_port = HeldClock(), find_free_port()
    with Newspaper(clock=clock) as newspaper:
        config = write_config(folder, newspaper, watch_count, web_port=web_port)
        _introduce(console, newspaper, config)
        with _daemon(config) as daemon:
            _watch(console, folder, daemon, seen, clock=clock)
            if daemon.poll() is not None:
                console.print(f"The daemon has ended, with exit code {daemon.returncode}.")
            if not is_endless:
                # pages that close at once would have an address that no longer answers
                summarise(console, folder, seen, links=None)
                return
            with _web_pages(console, folder / "watchword.db", port=web_port) as links:
                summarise(console, folder, seen, links=links)
                if seen.is_whole():
                    _stay(console, folder, daemon)


def _forget_settings() -> None:
    """Remove the settings of a real installation from the environment, such as its database and mail server.

    They override files: in a container the demo would use the database of the volume, and send real mail.
    """
    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        del os.environ[name]


def _introduce(console: Console, newspaper: Newspaper, config: Path) -> None:
    console.print("[bold]Watchword demo[/]: the real daemon, a bundled newspaper, one watch.")
    for outlet in newspaper.outlets:
        console.print(f"  {outlet.name:<16} {outlet.home_url}", soft_wrap=True)
    console.print(f"  configuration    {config}", soft_wrap=True)
    console.print("  watch            (drone OR UAV) -racing  ->  you@example.org\n")


@contextmanager
def _daemon(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start ``watchword run`` with its warnings on our stderr; stop it at the end."""
    command = python_command("watchword", "--config", str(config), "run", "--quiet")
    # its own session, so that Ctrl-C reaches only this process, which stops the daemon in order
    child = subprocess.Popen(command, start_new_session=True, env=child_environment())  # noqa: S603  # our own command
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)


def _watch(
    console: Console,
    folder: Path,
    daemon: subprocess.Popen[bytes],
    seen: Seen,
    *,
    clock: HeldClock,
) -> None:
    """Print events until everything was seen, the daemon ends, or it takes too long; note them in ``seen``."""
    started, is_patient = time.monotonic(), True
    connection = _wait_for_database(folder / "watchword.db", daemon)
    if connection is None:
        return
    progress = Progress(
        console, zone=ZoneInfo(find_machine_zone()), is_from_start=True, skips_idle=True
    )
    with closing(connection):
        while not seen.is_whole() and (elapsed := time.monotonic() - started) < _STORY_SECONDS:
            for event in progress.show(connection):
                if seen.note(event, elapsed_seconds=time.monotonic() - started):
                    _show_message(console, Path(event.detail), seen)
            if seen.counts["visited"] >= _OUTLET_COUNT:
                clock.release()
            if daemon.poll() is not None:
                break
            if is_patient and elapsed > _PATIENCE_SECONDS and seen.list_missing():
                is_patient = False
                awaited = ", ".join(seen.list_missing())
                console.print(f"This takes long; still awaited: {awaited}.", soft_wrap=True)
            time.sleep(_LOOK_SECONDS)


def _wait_for_database(path: Path, daemon: subprocess.Popen[bytes]) -> sqlite3.Connection | None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and daemon.poll() is None:
        try:
            return open_for_reading(path)
        except DatabaseUnusable:
            time.sleep(_LOOK_SECONDS)
    return None


def _show_message(console: Console, path: Path, seen: Seen) -> None:
    """Print the first alert in full; later ones are listed at the end."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    part = message.get_body(("plain",))
    text = part.get_content() if part is not None else ""
    lines = "\n".join(plain(line) for line in text.splitlines())
    head = f"From: {message['From']}\nTo: {message['To']}\nSubject: {str(message['Subject']).strip()}\n\n"
    title = f"the first alert, {seen.first_mail_seconds:.0f} s after the start"
    console.print(Panel(Text(head + lines), title=title, border_style="green"))
    console.print(f"The mail is in {path}\n", soft_wrap=True)


@contextmanager
def _web_pages(console: Console, database: Path, *, port: int) -> Iterator[tuple[str, str] | None]:
    """Open the web pages, yield their address and the link that signs in, and close them at the end."""
    if not database.exists():
        yield None
        return
    links = None
    admission = Admission(token=secrets.token_urlsafe(24))
    child = start_web_pages(
        database,
        database.with_name("watchword.toml"),
        port=port,
        admission=admission,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = wait_until_open("127.0.0.1", port, child=child)
        links = (url, write_sign_in(url, admission))
    except TimeoutError as error:
        console.print(f"\n{error}; the demo continues without them.", soft_wrap=True)
    try:
        yield links
    finally:
        child.kill()  # it only reads, so nothing can be lost
        child.wait()


def _stay(console: Console, folder: Path, daemon: subprocess.Popen[bytes]) -> None:
    """Keep printing what happens until Ctrl-C, or until the daemon ends; be silent while nothing does."""
    console.print(
        "\nThe daemon goes on visiting, and says so only when it finds something.\nCtrl-C stops everything.\n",
        soft_wrap=True,
    )
    progress = Progress(console, zone=ZoneInfo(find_machine_zone()), skips_idle=True)
    with closing(open_for_reading(folder / "watchword.db")) as connection:
        while daemon.poll() is None:
            progress.show(connection)
            time.sleep(_LOOK_SECONDS)
