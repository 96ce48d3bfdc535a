"""Make the pictures for README and docs: ``make pictures``.

All show the invented coast of the browser tests: its articles were matched, grouped and queued by the program itself, and the
mails are those that wait in its outbox.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, sync_playwright

from crawler.clock import utc_now
from crawler.config.load import load_config
from tests.browser.paper import CONFIG, fill
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
# name, what the message says, height; of the digest the beginning is shown
_MAILS = (
    ("alert-mail", r"drones: Night ferry suspended", 640),
    ("digest", r"Morning: .*drones [23]", 1150),
)
_MAIL_WIDTH = 680
# the same news as one digest
_DIGEST_CONFIG = CONFIG.replace('alert = "digest"\n', "").replace(
    "[[watch]]\n", '[[watch]]\nalert = "digest"\ngroup = "Morning"\n'
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
        _picture_mails(browser)
        browser.close()
    return 0


def _picture_mails(browser: Browser) -> None:
    """Make the pictures of the mails."""
    # so that the news of the last hours, whenever this runs, are in one digest
    hour = (utc_now() - timedelta(hours=7)).astimezone(ZoneInfo("Europe/Berlin"))
    digest = _DIGEST_CONFIG.replace("Morning", f'Morning"\ndigest = "{hour:%H:%M}')
    for (name, subject, height), config in zip(_MAILS, (CONFIG, digest), strict=True):
        with tempfile.TemporaryDirectory() as folder:
            file = fill(Path(folder), now=utc_now(), toml=config)
            page = browser.new_page(viewport={"width": _MAIL_WIDTH, "height": height})
            page.goto(_preview(file, subject).as_uri())
            page.screenshot(path=_FOLDER / f"{name}.png")
            sys.stdout.write(f"{_FOLDER / name}.png\n")


def _preview(config: Path, subject: str) -> Path:
    """Return the HTML part of the first message with this subject, as ``watchword alert preview`` writes it."""
    html = config.with_name("mail.html")
    for number in range(1, 20):
        asked = ["alert", "preview", "--message", str(number)]
        if re.search(f"^Subject: {subject}", _run(config, *asked), re.MULTILINE):
            _run(config, *asked, "--html", str(html))
            return html
    raise LookupError(f"no message is about {subject!r}")


def _run(config: Path, *command: str) -> str:
    """Return the output of a command of Watchword."""
    return subprocess.run(
        [sys.executable, "-m", "watchword", "--config", str(config), *command],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


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
