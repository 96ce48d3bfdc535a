"""Pages that need a rendering browser: with the extra ``watchword[browser]`` installed, and without it."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from crawler.settings import settings_from
from tests.fakes import FakeSite, Reply, article_page
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
HAS_BROWSER = bool(CHROMIUM) and find_spec("scrapy_playwright") is not None
needs_browser = pytest.mark.skipif(
    not HAS_BROWSER, reason="needs a browser and the extra watchword[browser]"
)


def scripted(page: bytes, *extra: str) -> bytes:
    """Return a page that is empty until its script runs."""
    scripts = "".join(extra)
    body = page.decode().partition("<body>")[2].partition("</body>")[0].replace("`", "")
    return (
        f"<html><head><title>Ferry Leaves Late</title></head><body><div id=app>Loading…</div>{scripts}"
        f"<script>setTimeout(() => document.body.innerHTML = `{body}`, 200)</script></body></html>"
    ).encode()


@needs_browser
async def test_a_page_written_by_its_script_is_read(site: FakeSite, tmp_path: Path) -> None:
    site.pages["/a"] = Reply(scripted(article_page("Ferry Leaves Late", PROSE, DRONES)))
    site.put_feed("/rss", "/a")
    source = settings(f"{site.url}/rss", render=True)

    await crawl(configure(tmp_path, source, browser=CHROMIUM))

    assert rows(configure(tmp_path, source), "SELECT headline FROM articles") == [
        ("Ferry Leaves Late",)
    ]
    feed = next(asked for asked in site.asked if asked.path == "/rss")
    assert "Chrome" not in feed.headers["user-agent"]


@needs_browser
async def test_a_rendered_page_reaches_no_private_address(site: FakeSite, tmp_path: Path) -> None:
    with FakeSite(host="localhost") as inside:
        inside.pages["/secret"] = Reply(b"secret")
        inside_url = inside.url.replace("127.0.0.1", "localhost")
        site.pages["/hop"] = Reply(status=302, headers={"Location": f"{inside_url}/secret"})
        site.pages["/away"] = Reply(status=302, headers={"Location": f"{inside_url}/secret"})
        page = article_page("Ferry Leaves Late", PROSE, DRONES)
        frames = f"<iframe src='{inside_url}/secret'></iframe><script>fetch('/hop', {{mode: 'no-cors'}})</script>"
        site.pages["/a"] = Reply(scripted(page, frames))
        site.put_feed("/rss", "/a", "/away")
        source = settings(f"{site.url}/rss", render=True)

        await crawl(configure(tmp_path, source, browser=CHROMIUM))

        assert "/hop" in site.paths()
        assert inside.paths() == []
    found = rows(configure(tmp_path, source), "SELECT url FROM articles")
    assert found == [(f"{site.url}/a",)]
    reason = rows(configure(tmp_path, source), "SELECT reason FROM entries WHERE url LIKE '%away'")
    assert "ERR_" in str(reason[0][0])


def test_the_core_works_without_the_browser_extra(tmp_path: Path) -> None:
    source = settings("http://x.org/rss")
    plain = settings_from(configure(tmp_path, source))
    asked = settings_from(configure(tmp_path, settings("http://x.org/rss", render=True)))

    loaded = subprocess.run(
        [sys.executable, "-c", "import crawler.worker, sys; print('playwright' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert not [name for name in plain if "PLAYWRIGHT" in name or name == "DOWNLOAD_HANDLERS"]
    assert "browser_handler" in str(asked["DOWNLOAD_HANDLERS"])
    assert loaded.stdout.strip() == "False"
