"""A page that cannot be stored, for whatever reason: its body never reaches the log."""

import asyncio
import signal
import sys
from contextlib import closing
from pathlib import Path

from crawler.flows.process.configure import apply_config
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.fakes import START, FakeSite
from tests.spiders.test_crawl import DRONES, PROSE, ROOT, configure, settings

MARKER = "zanzibar-marker-7d1f"
# what ends the wait: the item is told of by Scrapy, or the crawl ends by itself
LOGGED = "Error processing"


async def test_a_body_is_not_logged_where_neither_page_nor_failure_can_be_stored(
    site: FakeSite, tmp_path: Path
) -> None:
    site.put_article("/a", "Ferry Leaves Late", f"{PROSE} {MARKER}", DRONES)
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))
    with closing(open_for_writing(config.store.path)) as connection:
        migrate(connection)
        apply_config(connection, config, now=START)
        # neither the article nor the reason why it failed can be stored
        connection.execute(
            "CREATE TRIGGER no_article BEFORE INSERT ON revisions BEGIN SELECT raise(ABORT, 'no room'); END"
        )
        connection.execute(
            "CREATE TRIGGER no_reason BEFORE UPDATE OF attempt_count ON entries BEGIN SELECT raise(ABORT, 'no reason'); END"
        )
    (tmp_path / "w.toml").write_text(
        f'[store]\npath = "{config.store.path}"\n[fetch]\ntimeout = "5s"\n[[source]]\nname = "courier"\n'
        f'url = "{site.url}/rss"\nkind = "feed"\nbackfill = "3650d"\nallow_private = true\n'
    )

    log = await crawl_until_logged(tmp_path / "w.toml")

    assert "/a" in log
    assert "no room" in log
    assert MARKER not in log
    assert "doctype" not in log


async def crawl_until_logged(config: Path) -> str:
    """Run the real command until the failing page was told of, and give all that was logged until then."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "watchword", "--config", str(config), "crawl",
        cwd=ROOT, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stderr is not None
    lines = []
    try:
        async with asyncio.timeout(300):
            while line := (await child.stderr.readline()).decode():
                lines.append(line)
                if LOGGED in line:
                    break
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGINT)  # it ends the crawl process too
        await child.wait()
    return "".join(lines)
