"""``watchword init``: by flags, and as a person at a terminal answers it."""

import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.config.schema import Config
from tests.fakes import START, Asked, FakeMailbox, FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE
from tests.terminal import Terminal
from watchword.cli.setup.answers import name_watch
from watchword.cli.setup.first_config import FIRST_CONFIG
from watchword.machine_zone import find_machine_zone
from watchword.survey import Surveyed, describe_survey

ROOT = Path(__file__).resolve().parents[3]
_LIMIT_SECONDS = 90


class Shell:
    """Runs ``watchword init`` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = [sys.executable, "-m", "watchword", "--config", str(folder), "init"]
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")
        } | {"COLUMNS": "80", "TERM": "dumb"}

    def run(self, *flags: str, code: int = 0) -> str:
        done = subprocess.run(
            [*self.command, *flags],
            cwd=ROOT,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def terminal(self, *flags: str) -> Iterator["Terminal"]:
        with Terminal([*self.command, *flags], self.environ, folder=ROOT) as opened:
            yield opened

    @property
    def config(self) -> Config:
        return load_config(self.folder, environ={})


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "config")


@pytest.fixture
def outlet(site: FakeSite) -> FakeSite:
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    return site


def test_without_flags_and_terminal_the_example_is_written_and_nothing_visited(
    shell: Shell,
) -> None:
    printed = shell.run()

    assert (shell.folder / "watchword.toml").read_text() == FIRST_CONFIG
    assert "Visiting" not in printed
    assert "nothing was written" in shell.run("--watch", "port", code=1)
    assert (shell.folder / "watchword.toml").read_text() == FIRST_CONFIG


def test_flags_write_sources_watches_and_mail_server_and_say_what_was_found(
    shell: Shell, outlet: FakeSite, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    opml = tmp_path / "feeds.opml"
    opml.write_text(
        '<opml version="2.0"><body><outline text="Dead" xmlUrl="http://127.0.0.1:9/rss"/></body></opml>'
    )

    printed = shell.run(
        *("--source", f"{outlet.url}/rss", "--allow-private", "--opml", str(opml), "--watch", '"blue port" OR quay'),
        *("--watch", "drone", "--to", "me@example.org", "--smtp", f"127.0.0.1:{mailbox.port}", "--tls", "none"),
        code=3,
    )  # fmt: skip

    config = shell.config
    assert [watch.query for watch in config.watches] == ['"blue port" OR quay', "drone"]
    assert [watch.name for watch in config.watches] == ["blue port", "drone"]
    assert config.mail.host == "127.0.0.1"
    assert config.mail.to == ("me@example.org",)
    assert re.search(r"127\.0\.0\.1 +feed, 1 entry", printed)
    assert re.search(r"Dead +could not be read\n +http://127\.0\.0\.1:9/rss\n", printed)
    assert [message["To"] for message in mailbox.messages] == ["me@example.org"]
    assert not (shell.folder / "var" / "watchword.db").exists()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--watch", "(port"), "never closed"),
        (("--source", "bbc-wrold"), "did you mean bbc-world"),
        (("--source", "mailto:x@example.org"), "is not a web address"),
        (("--catalogue", "en:defense"), 'did you mean "defence"?'),
        (("--to", "me"), '"me" is not a mail address'),
        (("--smtp", "a b", "--to", "me@example.org"), "is no mail server"),
        (("--smtp", "smtp.example.org"), "--smtp sends to nobody; add --to"),
        (("--tls", "none", "--to", "me@example.org"), "--tls is about the mail server; add --smtp"),
        (("--password-file", "key", "--to", "me@example.org"), "--password-file is about"),
        (("--opml", "/nonexistent.opml"), "cannot be read"),
        (("--timezone", "Europe/Berlln"), "Europe/Berlin"),
    ],
)
def test_a_flag_that_cannot_be_used_says_why_and_nothing_is_written(
    shell: Shell, flags: tuple[str, ...], words: str
) -> None:
    printed = shell.run(*flags, "--no-visit", "--no-mail", code=2)

    assert words in printed
    assert not shell.folder.exists() or not [*shell.folder.iterdir()]


def test_a_webhook_is_kept_in_a_file_that_only_its_owner_reads(shell: Shell) -> None:
    printed = shell.run(
        "--to", "https://hooks.example.org/T0/secret", "--watch", "port", "--no-visit"
    )

    kept = shell.folder / "webhook-address"
    assert kept.read_text() == "https://hooks.example.org/T0/secret\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "secret" not in (shell.folder / "watchword.toml").read_text()
    assert "T0/secret" not in printed
    assert shell.config.watches[0].channels == ("hook",)


def test_a_person_is_asked_again_after_a_mistake_and_told_what_was_found(
    shell: Shell, mailbox: FakeMailbox
) -> None:
    with shell.terminal("--source", "http://127.0.0.1:9/rss", "--allow-private") as terminal:
        terminal.answer("Query [", "(port")
        terminal.expect("never closed")
        terminal.answer("Query [", "port")
        terminal.expect('This watch is called "port"')
        terminal.answer("Another query [no more]:", "")
        terminal.answer("Send alerts to [a folder]:", "me")
        terminal.answer("Send alerts to [a folder]:", "me@example.org")
        terminal.answer("Mail server [", f"127.0.0.1:{mailbox.port}")
        terminal.answer("Encryption", "none")
        terminal.answer("Login name [no login]:", "me")
        terminal.answer("Password (is not shown)", "correct horse")
        terminal.answer("Sender [me@example.org]:", "")
        terminal.answer("Visit the sources now", "y")
        terminal.expect("could not be read")
        terminal.answer("Send a test mail to me@example.org now?", "n")
        code = terminal.end()

    assert code == 3
    assert "correct horse" not in terminal.text
    assert "correct horse" not in (shell.folder / "watchword.toml").read_text()
    assert (shell.folder / "mail-password").read_text() == "correct horse\n"
    assert stat.S_IMODE((shell.folder / "mail-password").stat().st_mode) == 0o600
    assert shell.config.mail.username == "me"
    assert not terminal.long_lines()


def test_enter_alone_answers_every_question(shell: Shell) -> None:
    with shell.terminal("--no-visit", "--no-mail") as terminal:
        terminal.answer("Source [un-news]:", "?")
        terminal.expect("Languages: ar")
        for question in (
            "Source [un-news]:",
            "Another source",
            "Query [",
            "Another query",
            "Send alerts to",
        ):
            terminal.answer(question, "")
        code = terminal.end()

    assert code == 0
    assert [source.name for source in shell.config.sources] == ["un-news"]
    assert shell.config.watches[0].query == '(drone OR UAV OR "Shahed 136") -racing'
    assert not terminal.long_lines()


def test_ctrl_c_at_a_question_writes_nothing_and_says_so(shell: Shell) -> None:
    with shell.terminal() as terminal:
        terminal.answer("Source [un-news]:", "")
        terminal.expect("Another source")
        code = terminal.interrupt()

    assert code == 130
    assert "Stopped: nothing was written." in terminal.text
    assert not shell.folder.exists()


def test_ctrl_c_during_the_visit_leaves_the_configuration_and_says_so(
    shell: Shell, site: FakeSite
) -> None:
    asked, released = threading.Event(), threading.Event()

    def answer_late(_: Asked) -> Reply:
        asked.set()
        released.wait(_LIMIT_SECONDS)
        return Reply()

    site.pages["/rss"] = answer_late
    flags = (
        "--source",
        f"{site.url}/rss",
        "--allow-private",
        "--watch",
        "port",
        "--to",
        "me@example.org",
    )
    with shell.terminal(*flags) as terminal:
        terminal.answer("Mail server [", "")
        terminal.answer("Visit the sources now", "y")
        while not asked.is_set():
            assert terminal.child.poll() is None
            terminal.read_some()
        os.killpg(terminal.child.pid, signal.SIGINT)
        code = terminal.end()
        released.set()

    assert code == 130
    assert "Stopped. The configuration is whole:" in terminal.text
    assert "Traceback" not in terminal.text
    assert shell.config.watches[0].query == "port"


def test_a_source_is_described_by_what_it_has_and_how_fresh_it_is() -> None:
    now = START
    found = Surveyed(
        name="x", url="x", kinds=("feed",), entry_count=40, newest_at=now - timedelta(minutes=12)
    )

    assert describe_survey(found, now=now) == "feed, 40 entries, newest 12 min ago"
    assert (
        describe_survey(replace(found, newest_at=now), now=now)
        == "feed, 40 entries, newest just now"
    )
    assert describe_survey(replace(found, newest_at=None), now=now) == "feed, 40 entries"
    assert describe_survey(replace(found, failure="HTTP 500"), now=now) == "HTTP 500"


def test_a_watch_is_named_after_its_first_phrase_or_word() -> None:
    assert name_watch('(drone OR UAV OR "Shahed 136") -racing') == "drone"
    assert name_watch('"undersea cable" OR Seekabel') == "undersea cable"
    assert name_watch("title:Überwachung") == "title"
    assert name_watch('"…"') == "watch"


def test_the_zone_is_the_machines_or_utc(tmp_path: Path) -> None:
    for target, zone in (
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("/x/zoneinfo/No/Such", "UTC"),
        ("/x", "UTC"),
    ):
        link = tmp_path / zone.replace("/", "-") / target.replace("/", "-")
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target)
        assert find_machine_zone(link) == zone
    assert find_machine_zone(tmp_path / "none") == "UTC"
