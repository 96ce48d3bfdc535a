"""``watchword source``: finding, adding, listing and changing sources, by the real command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import listparser
import pytest

from crawler.config.load import load_config
from tests.fakes import FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE
from tests.spiders.test_endpoints import listing

ROOT = Path(__file__).resolve().parents[4]
FIRST = """\
# my sources
[store]
path = "{folder}/watchword.db"
[fetch]
per_domain = {{ concurrency = 4, delay = "0s" }}

[[source]]
name = "courier"   # the one at the coast
url = "http://courier.org/rss"
kind = "feed"
tags = ["coast", "daily"]

# a comment before the next
[[source]]
name = "gazette"
url = "http://gazette.example/"
"""


class Shell:
    """Runs the real command on a configuration of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "w.toml"
        self.file.write_text(FIRST.format(folder=folder))

    def run(self, *arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "watchword", "--config", str(self.file), *arguments]
        environ = {**os.environ, "COLUMNS": "200"}
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def names(self) -> list[str]:
        return [source.name for source in load_config(self.file, environ={}).sources]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture
def outlet(site: FakeSite) -> FakeSite:
    """Yield a site whose home page names its feed, with an article that says drones."""
    head = '<head><link rel="alternate" type="application/rss+xml" href="/rss"></head>'
    site.pages["/"] = Reply(listing().replace(b"<body>", head.encode() + b"<body>"))
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    return site


def test_a_home_page_is_tried_without_keeping_anything(shell: Shell, outlet: FakeSite) -> None:
    before = shell.file.read_text()

    output = shell.run("source", "test", outlet.url, "--allow-private")
    found = json.loads(shell.run("source", "test", outlet.url, "--allow-private", "--json"))

    assert f"feed {outlet.url}/rss (1 entry, by link)" in output
    assert "Ferry Leaves Late" in output
    assert "robots   none (HTTP 404), everything is allowed" in output
    assert found["sample"]["headline"] == "Ferry Leaves Late"
    assert found["sample"]["language"] == "en"
    assert shell.file.read_text() == before
    assert not (shell.folder / "watchword.db").exists()


def test_a_source_that_cannot_be_read_is_reported_and_not_added(
    shell: Shell, site: FakeSite
) -> None:
    private = shell.run("source", "add", site.url, code=1)
    missing = shell.run("source", "add", f"{site.url}/nothing", "--allow-private", code=1)

    assert "allow_private = true" in private
    assert "HTTP 404" in missing
    assert "Nothing was added" in missing
    assert shell.names() == ["courier", "gazette"]


def test_a_source_is_added_with_its_options_and_comments_stay(
    shell: Shell, outlet: FakeSite
) -> None:
    arguments = ("source", "add", outlet.url, "--allow-private", "--name", "harbour", "--tag", "coast", "--every", "15m")  # fmt: skip
    shell.run(*arguments, "--dry-run")
    assert shell.names() == ["courier", "gazette"]

    shell.run(*arguments)
    again = shell.run(*arguments, code=2)

    text = shell.file.read_text()
    assert "# the one at the coast" in text
    assert "# a comment before the next" in text
    added = load_config(shell.file, environ={}).source_named("harbour")
    assert added is not None
    assert (added.tags, added.allow_private) == (("coast",), True)
    assert 'is already a source: "harbour"' in again


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("source", "add", "https://x.example", "--every", "often", "--untested"),
            "not a duration",
        ),
        (("source", "add", "ftp://x.example", "--untested"), "not a web address"),
        (("source", "pause", "curier"), 'did you mean "courier"?'),
        (
            ("source", "backfill", "courier", "--since", "tomorow"),
            "'--since': \"tomorow\" is not understood; write 7d",
        ),
        (("source", "show", "nobody"), "there is no database"),
        (("source", "import", "w.toml"), "does not exist"),
    ],
)
def test_mistakes_are_answered_in_plain_words(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    command = [sys.executable, "-m", "watchword", "--config", str(shell.file), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode in {1, 2}
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_pausing_resuming_and_removing_change_that_line_alone(shell: Shell) -> None:
    before = shell.file.read_text()

    shell.run("source", "pause", "courier")
    paused = shell.file.read_text()
    shell.run("source", "resume", "courier")
    resumed = shell.file.read_text()
    shell.run("source", "remove", "gazette", "--dry-run")
    kept = shell.names()
    shell.run("source", "remove", "gazette")

    assert set(paused.splitlines()) - set(before.splitlines()) == {"paused = true"}
    assert resumed == before
    assert kept == ["courier", "gazette"]
    assert shell.names() == ["courier"]
    assert "# the one at the coast" in shell.file.read_text()


def test_a_folder_gets_a_file_of_its_own(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.file = tmp_path / "conf"
    shell.file.mkdir()
    (shell.file / "main.toml").write_text('timezone = "UTC"\n')

    shell.run("source", "add", "https://www.example.co.uk/news", "--untested")

    assert (shell.file / "sources.toml").exists()
    assert shell.names() == ["example"]


OPML = """<?xml version="1.0"?>
<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<opml version="1.1"><head><title>mine</title></head><body>
  <outline text="World"><outline text="Asia">
    <outline type="rss" text="One &amp; Only" xmlUrl="https://one.example/rss" htmlUrl="https://one.example/"/>
  </outline></outline>
  <outline type="rss" title="One &amp; Only" text="" xmlUrl="https://two.example/rss" category="/tech/ai,odd"/>
  <outline type="rss" text="again" xmlUrl="https://one.example/rss"/>
  <outline type="rss" text="bad" xmlUrl="javascript:alert(1)"/>
  <outline type="rss" text="&x;" xmlUrl="https://three.example/rss"/>
  <outline type="rss" text="known" xmlUrl="http://www.courier.org/rss/"/>
</body></opml>"""


def test_an_opml_list_becomes_sources_with_folders_as_tags(shell: Shell) -> None:
    (shell.folder / "in.opml").write_text(OPML)

    output = shell.run("source", "import", str(shell.folder / "in.opml"), "--tag", "imported")

    assert "Added 3 of 5 sources; 1 was there already, 1 left out" in output
    sources = {source.url: source for source in load_config(shell.file, environ={}).sources}
    assert sources["https://one.example/rss"].tags == ("World", "Asia", "imported")
    assert sources["https://two.example/rss"].tags == ("tech", "ai", "odd", "imported")
    assert len({source.name for source in sources.values()}) == len(sources)
    assert "root:" not in shell.file.read_text()


def test_an_exported_list_is_read_the_same_by_us_and_by_others(shell: Shell) -> None:
    shell.run("source", "export", str(shell.folder / "out.opml"))
    text = (shell.folder / "out.opml").read_text()
    other = Shell(shell.folder)
    other.file = shell.folder / "other.toml"
    other.file.write_text("")
    other.run("source", "import", str(shell.folder / "out.opml"))

    read = listparser.parse(text)

    assert read.bozo == 0
    assert [(feed.title, feed.url) for feed in read.feeds] == [
        ("courier", "http://courier.org/rss")
    ]
    assert set(read.feeds[0].tags) == {"coast", "daily"}
    ours = load_config(shell.file, environ={}).sources
    theirs = load_config(other.file, environ={}).sources
    assert [(s.name, s.url, s.kind, s.tags) for s in theirs] == [
        (s.name, s.url, s.kind, s.tags) for s in ours
    ]


def test_a_source_is_shown_with_its_endpoints_and_backfilled(
    shell: Shell, outlet: FakeSite
) -> None:
    shell.run("source", "add", outlet.url, "--allow-private", "--name", "harbour")
    shell.run("source", "remove", "courier")
    shell.run("source", "remove", "gazette")
    shell.run("crawl")
    at_first = json.loads(shell.run("source", "list", "--json"))[0]["article_count"]

    output = shell.run("source", "backfill", "harbour", "--since", "3650d")
    shell.run("crawl")

    assert at_first == 0
    assert "1 known entry is fetched again" in output
    assert "No daemon is running: `watchword run` or `watchword crawl harbour` reads it." in output
    shown = json.loads(shell.run("source", "show", "harbour", "--json"))
    assert shown["article_count"] == 1
    assert [endpoint["kind"] for endpoint in shown["endpoints"]] == ["feed"]
    table = shell.run("source", "show", "harbour")
    assert "Endpoints" in table
    assert "Last visits" in table
    assert "harbour" in shell.run("source", "list", "--state", "ok")
    assert "No source matches" in shell.run("source", "list", "--state", "failing")
