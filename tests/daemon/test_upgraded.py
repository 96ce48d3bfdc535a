"""Today's daemon, commands and pages on the files that earlier releases wrote: it goes on where the old one stopped."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from crawler.storage.file.migrations.release import SCHEMA_VERSION
from tests.daemon.test_daemon import Running
from tests.fakes import FakeMailbox, FakeSite, read_part
from tests.storage.upgrade.world import (  # fmt: skip
    NUMBERS,
    PUT_OFF,
    REFUSED,
    TAKEN,
    put_news,
    put_papers,
    unpack,
    write_config,
)
from watchword.web.ports import find_free_port

pytestmark = pytest.mark.parametrize("number", NUMBERS)
PAGES = (
    "",
    "stories/1",
    "articles/1",
    "watches",
    "watches/drones",
    "sources",
    "sources/courier",
    "search?q=drone",
)


class Upgraded(Running):
    """Today's program in the world of the old file, its newspapers read through a site that plays a proxy."""

    def __init__(self, folder: Path, site: FakeSite, mailbox: FakeMailbox) -> None:
        super().__init__(folder, site, mailbox)
        write_config(folder, site=site, mailbox=mailbox)

    def say(self, *arguments: str) -> tuple[int, str]:
        done = self.command(*arguments)
        return done.returncode, done.stdout + done.stderr

    def stop(self) -> None:
        self.processes[-1].send_signal(signal.SIGTERM)
        assert self.processes[-1].wait(20) == 0


@pytest.fixture
def upgraded(
    number: int, tmp_path: Path, site: FakeSite, mailbox: FakeMailbox
) -> Iterator[Upgraded]:
    unpack(number, tmp_path)
    put_papers(site)
    daemon = Upgraded(tmp_path, site, mailbox)
    yield daemon
    for process in daemon.processes:
        process.kill()
        process.wait()


def find_messages(mailbox: FakeMailbox, recipient: str, words: str) -> list[str]:
    """Return the subjects of this recipient's messages that hold these words."""
    return [
        str(message["subject"])
        for message in mailbox.messages
        if message["to"] == recipient and words in read_part(message)
    ]


def test_the_daemon_goes_on_in_an_earlier_file_and_tells_nothing_twice(
    upgraded: Upgraded, mailbox: FakeMailbox, number: int
) -> None:
    mailbox.refuse = {REFUSED: "550 no such user"}
    upgraded.start()
    wait = "SELECT count(*) FROM visits WHERE finished_at IS NOT NULL AND id > 6 AND outcome IN ('ok', 'unchanged')"
    upgraded.wait_for(wait, lambda rows: bool(rows) and int(str(rows[0][0])) > 3)
    put_news(upgraded.site)
    upgraded.wait_for("SELECT 1 FROM entries WHERE url LIKE '%/nets' AND state = 'fetched'", bool)
    nets = "SELECT count(*) FROM attempts WHERE outcome = 'sent'"
    # what was put off, and the news for both who take mail, after the one of the old file
    upgraded.wait_for(nets, lambda rows: bool(rows) and int(str(rows[0][0])) >= 4)
    upgraded.stop()

    assert upgraded.ask("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert upgraded.ask("PRAGMA integrity_check") == [("ok",)]
    assert len(find_messages(mailbox, TAKEN, "Drones in the Nets")) == 1
    # told by the old daemon; the digest of another watch may have come due meanwhile, and says neither
    assert find_messages(mailbox, TAKEN, "Lighthouse Goes Dark") == []
    # put off by the old daemon's server: told now, once
    assert len(find_messages(mailbox, PUT_OFF, "Lighthouse Goes Dark")) == 1
    assert len(find_messages(mailbox, PUT_OFF, "Drones in the Nets")) == 1
    assert upgraded.ask("SELECT count(*) FROM articles") == [(5,)]
    assert upgraded.ask("SELECT count(*) FROM articles WHERE url LIKE '%ferry'") == [(2,)]
    assert "Traceback" not in upgraded.log.read_text()


def test_commands_name_the_upgrade_until_it_is_done_and_work_then(
    upgraded: Upgraded, number: int
) -> None:
    for command in (("article", "list"), ("doctor",)):
        code, printed = upgraded.say(*command)
        assert code, printed
        assert "is of an earlier release" in " ".join(printed.split()), printed

    code, printed = upgraded.say("crawl")
    assert code in {0, 3}, printed

    for command in (("article", "list"), ("story", "list"), ("alert", "list"), ("source", "list")):
        code, printed = upgraded.say(*command)
        assert code == 0, printed
    _, printed = upgraded.say("doctor")
    assert re.search(r"(?m)^ *ok +database", printed), printed
    assert "damaged" not in printed


def test_the_web_pages_open_on_an_upgraded_file(upgraded: Upgraded, number: int) -> None:
    port = find_free_port()
    process = upgraded.start("--browse", "--port", str(port))
    upgraded.wait_for_log(f"127.0.0.1:{port}")

    for page in PAGES:
        with urlopen(f"http://127.0.0.1:{port}/{page}", timeout=20) as answer:
            assert answer.status == 200, page
    assert process.poll() is None
    upgraded.stop()
