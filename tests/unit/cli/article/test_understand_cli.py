"""``watchword article understand, explain, reprocess, export``, by the real command on kept pages."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from crawler.storage.crawl.entries.pages import expire_pages
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.instance_lock import InstanceLock
from tests.fakes import FakeSite, Reply, article_page
from tests.spiders.test_crawl import DRONES, PROSE
from tests.unit.cli.source.test_source_cli import Shell

CONFIG = """
[store]
path = "{folder}/w.db"
[fetch]
per_domain = {{ concurrency = 4, delay = "0s" }}
[[source]]
name = "courier"
url = "{url}/rss"
kind = "feed"
backfill = "3650d"
allow_private = true
[[watch]]
name = "drones"
query = "drone"
"""


@pytest.fixture
def shell(tmp_path: Path, site: FakeSite) -> Shell:
    """Return a shell on a database with one article that says drones, and one page that was refused."""
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.pages["/wall"] = Reply(b"<title>Just a moment</title><p>Checking your browser</p>")
    site.put_feed("/rss", "/a", "/wall")
    shell = Shell(tmp_path)
    shell.file.write_text(CONFIG.format(folder=tmp_path, url=site.url))
    shell.run("crawl")
    return shell


def ask(shell: Shell, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(shell.folder / "w.db")) as connection:
        return connection.execute(sql).fetchall()


def test_an_article_is_explained_from_its_kept_page(shell: Shell, site: FakeSite) -> None:
    output = shell.run("article", "explain", "1")
    facts = json.loads(shell.run("article", "explain", f"{site.url}/a", "--json"))
    refused = shell.run("article", "explain", f"{site.url}/wall", code=1)

    assert "the same in an h1" in output
    assert "nothing on the page states it" in output or "the feed's" in output
    assert facts["headline"] == "Ferry Leaves Late"
    assert {step["field"] for step in facts["how"]} >= {"headline", "published", "by", "body"}
    assert "robot check" in refused
    assert "no page is stored for 99" in shell.run("article", "explain", "99", code=1)


def test_a_page_is_understood_without_being_kept(shell: Shell, site: FakeSite) -> None:
    file = shell.folder / "page.html"
    file.write_bytes(article_page("From a File", PROSE, DRONES))
    before = ask(shell, "SELECT count(*) FROM articles")

    from_file = shell.run("article", "understand", str(file), "--url", "https://x.org/a")
    fetched = json.loads(shell.run("article", "understand", f"{site.url}/a", "--allow-private", "--json"))  # fmt: skip
    forbidden = shell.run("article", "understand", f"{site.url}/a", code=1)
    missing = shell.run("article", "understand", "nowhere.html", code=1)

    assert "From a File" in from_file
    assert fetched["headline"] == "Ferry Leaves Late"
    assert "allow_private" in forbidden
    assert "nowhere.html cannot be read" in missing
    assert ask(shell, "SELECT count(*) FROM articles") == before


CLAIMS = """<html><head><title>Ferry Leaves Late - Courier</title>
<meta property="og:title" content="Opinion | Ferry Leaves Late"><meta name="author" content="Ann Lee, Senior Writer">
<meta property="og:site_name" content="Courier"><meta property="article:published_time" content="2026-11-20T10:00:00Z">
</head><body><h1>Ferry Leaves Late</h1><ul>{ticker}</ul><p>{text}</p><p>{text}</p></body></html>"""


def test_the_claims_of_a_page_are_shown_with_what_was_not_taken_and_why(shell: Shell) -> None:
    ticker = "".join(f'<li><time datetime="2026-11-1{n}">1{n}</time></li>' for n in "0123")
    (shell.folder / "page.html").write_text(CLAIMS.format(ticker=ticker, text=PROSE))

    output = shell.run("article", "understand", str(shell.folder / "page.html"))
    facts = json.loads(shell.run("article", "understand", str(shell.folder / "page.html"), "--json"))  # fmt: skip

    shown = " ".join(output.split())
    assert "+ an h1 \u201cFerry Leaves Late\u201d" in shown
    assert "- <time> \u201c2026-11-10\u201d: one of a list of articles" in shown
    assert "\u201cSenior Writer\u201d is a role" in shown
    taken = {claim["field"]: claim["origin"] for claim in facts["considered"] if claim["is_taken"]}
    assert taken == {"headline": "an h1", "published": "meta tag article:published_time", "by": "meta tag author"}  # fmt: skip


def test_other_readers_are_shown_beside_ours(shell: Shell) -> None:
    file = shell.folder / "page.html"
    file.write_text(CLAIMS.format(ticker="", text=PROSE))

    output = shell.run("article", "understand", str(file), "--compare")
    facts = json.loads(shell.run("article", "understand", str(file), "--compare", "--json"))

    assert [line for line in output.splitlines() if len(line) > 200] == []
    assert "Watchword    Ferry Leaves Late" in output
    assert "trafilatura  " in output
    assert facts["compare"]["Watchword"]["by"] == ["Ann Lee"]
    assert set(facts["compare"]) == {"Watchword", "trafilatura", "newspaper4k"}


def test_kept_pages_are_understood_again_and_corrected_without_an_alert(shell: Shell) -> None:
    with closing(sqlite3.connect(shell.folder / "w.db")) as connection:
        # as an earlier release might have understood it
        connection.execute("UPDATE revisions SET body = 'Share this\n\nWrong text', fingerprint = 'x'")  # fmt: skip
        connection.execute("UPDATE articles SET byline = 'Nobody', headline = 'Wrong'")
        connection.commit()
    counts = "SELECT (SELECT count(*) FROM alerts), (SELECT count(*) FROM matches), (SELECT count(*) FROM revisions)"
    before = ask(shell, counts)

    shown = shell.run("article", "reprocess")
    still = ask(shell, "SELECT headline FROM articles")
    applied = shell.run("article", "reprocess", "--apply")
    again = shell.run("article", "reprocess")

    assert "headline: Wrong -> Ferry Leaves Late" in shown.replace("\n", " ")
    assert "1 article would change" in shown
    assert still == [("Wrong",)]
    assert "1 article was corrected" in applied
    assert "Nothing would change: all pages are read as they were before" in again
    assert ask(shell, "SELECT headline, byline FROM articles") == [("Ferry Leaves Late", None)]
    assert DRONES in str(ask(shell, "SELECT body FROM revisions")[0][0])
    assert ask(shell, counts) == before
    assert ask(shell, "PRAGMA integrity_check") == [("ok",)]


def test_reprocessed_pages_are_listed_or_left_to_the_daemon(shell: Shell) -> None:
    shell.run("article", "reprocess", "--apply")
    with InstanceLock(shell.folder / "w.db"):
        noted = shell.run("article", "reprocess", "--since", "7d", "--apply")
        shown = shell.run("article", "reprocess")

    assert "Noted as request 2" in noted
    assert "Nothing would change: all pages are read as they were before" in shown
    assert ask(shell, "SELECT kind, is_done, answer FROM requests ORDER BY id") == [
        ("reprocess", 1, "2 pages read again: 0 articles were corrected."),
        ("reprocess", None, None),
    ]


def test_kept_pages_are_exported_as_a_web_archive(shell: Shell, site: FakeSite) -> None:
    file = shell.folder / "pages.warc.gz"

    assert "Wrote 2 pages" in shell.run("article", "export", str(file))

    with file.open("rb") as stream:
        found = {
            record.rec_headers.get_header("WARC-Target-URI"): record.content_stream().read()
            for record in ArchiveIterator(stream)
        }
    assert found[f"{site.url}/a"] == article_page("Ferry Leaves Late", PROSE, DRONES)


def test_a_web_archive_without_its_extra_is_refused_with_how_to_get_it(shell: Shell) -> None:
    file = shell.folder / "pages.warc"
    code = (
        "import sys; sys.modules['warcio'] = None\n"
        "from watchword.cli.main import cli\n"
        f"cli(['--config', {str(shell.file)!r}, 'article', 'export', {str(file)!r}])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=90, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'watchword[warc]'" in done.stderr
    assert not file.exists()


def test_kept_pages_are_deleted_after_their_retention(shell: Shell) -> None:
    with closing(open_for_writing(shell.folder / "w.db")) as connection:
        young = expire_pages(connection, before=datetime.now(UTC) - timedelta(days=1))
        old = expire_pages(connection, before=datetime.now(UTC) + timedelta(days=1), limit=1)

    assert (young, old) == (0, 1)
    assert ask(shell, "SELECT count(*) FROM pages") == [(1,)]


def test_no_page_is_kept_where_retention_is_off(shell: Shell, site: FakeSite) -> None:
    text = shell.file.read_text().replace("[fetch]", 'page_retention = "0s"\n[fetch]')
    shell.file.write_text(text)
    site.put_article("/b", "Library Opens", PROSE, PROSE.replace("ferry", "bus"))
    site.put_feed("/rss", "/a", "/b")

    shell.run("crawl")

    assert ask(shell, "SELECT count(*) FROM articles") == [(2,)]
    assert ask(shell, "SELECT count(*) FROM pages WHERE url LIKE '%/b'") == [(0,)]
