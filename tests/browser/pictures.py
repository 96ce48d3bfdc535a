"""Make the pictures of the web pages for README and docs: ``make pictures``. They show the invented paper of the browser tests."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from crawler.clock import utc_now
from crawler.config.load import load_config
from tests.browser.paper import fill
from watchword.web.access.admission import Admission
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

_FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
_TOKEN = "picture"  # of pages that live for a minute
# name, path, width, height and colours; a phone's picture is twice as fine
_PICTURES = (
    ("web-today", "/", 1280, 900, "light"),
    ("web-story", "/stories/5", 1280, 900, "light"),
    ("web-article-phone-dark", "/articles/8", 375, 740, "dark"),
)


def main() -> int:
    """Make every picture; return 1 without Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.stderr.write("Chromium is missing: apt-get install chromium\n")
        return 1
    with _pages() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context()
        first = context.new_page()
        first.goto(f"{url}/-/auth-token?token={_TOKEN}")
        state = context.storage_state()
        for name, path, width, height, scheme in _PICTURES:
            shown = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]  # one of two
                storage_state=state,
            )
            page = shown.new_page()
            page.goto(url + path)
            page.screenshot(path=_FOLDER / f"{name}.png")
            sys.stdout.write(f"{_FOLDER / name}.png\n")
        browser.close()
    return 0


@contextmanager
def _pages() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = fill(Path(folder), now=utc_now())
        database, port = load_config(file, environ={}).store.path, find_free_port()
        child = start_web_pages(database, file, port=port, admission=Admission(token=_TOKEN))
        try:
            yield wait_until_open("127.0.0.1", port, child=child).rstrip("/")
        finally:
            child.terminate()
            child.wait(10)


if __name__ == "__main__":
    raise SystemExit(main())
