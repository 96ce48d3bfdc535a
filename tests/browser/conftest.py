"""Chromium, and web pages on the invented paper, with a daemon that carries out what is asked."""

import asyncio
import json
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from crawler.clock import utc_now
from crawler.config.load import load_config
from crawler.flows.mail.requests import settle_open_requests, settle_request
from crawler.flows.mail.trial import send_test
from crawler.flows.process.edits import apply_edit
from crawler.model.request import OUTSIDE_KINDS, Request, RequestKind
from crawler.storage.file.database import open_for_writing
from crawler.storage.process.requests import list_open_requests
from tests.browser.paper import fill
from watchword.web.access.admission import Admission
from watchword.web.access.visitors import Openness
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

TOKEN = "quay-token"  # of a test
PASSWORD = "quay-and-ferry-42"
# phone, tablet, desk
WIDTHS = (375, 768, 1440)
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Site:
    """Web pages that are open: their address, their configuration and database."""

    url: str
    config_path: Path
    database: Path


# not of the session: playwright's event loop runs in this thread for as long, and no other test's could
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield the browser; skips by name where it is missing."""
    if _CHROMIUM is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    with _usual_event_loops(), sync_playwright() as playwright:
        # without a sandbox of its own: containers allow none, and the pages are ours
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@contextmanager
def _usual_event_loops() -> Iterator[None]:
    """Start processes from any event loop: other tests of this process leave Python 3.11 with a policy that cannot."""
    if sys.version_info >= (3, 12):
        yield
        return
    policy = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
    try:
        yield
    finally:
        asyncio.set_event_loop_policy(policy)


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[Site]:
    """Yield pages that everybody on this machine may read, with a link that signs in."""
    file = fill(tmp_path, now=utc_now())
    yield from _open(file, Admission(token=TOKEN))


def _open(file: Path, admission: Admission) -> Iterator[Site]:
    database = load_config(file, environ={}).store.path
    port, log_file = find_free_port(), database.with_name("web.log")
    with log_file.open("ab") as stream:
        child = start_web_pages(
            database, file, port=port, admission=admission, stdout=stream, stderr=stream
        )
    try:
        url = wait_until_open("127.0.0.1", port, child=child).rstrip("/")
        yield Site(url=url, config_path=file, database=database)
    finally:
        child.terminate()
        child.wait(10)
    assert "Traceback" not in log_file.read_text()


@pytest.fixture
def closed_paper(tmp_path: Path) -> Iterator[Site]:
    """Yield pages with a password, closed to everybody else."""
    file = fill(tmp_path, now=utc_now())
    yield from _open(file, Admission(openness=Openness.CLOSED, password=PASSWORD))


@pytest.fixture
def daemon(paper: Site) -> Iterator[None]:
    """Carries out the requests of the web pages, as a daemon does."""
    is_over = threading.Event()

    def act(_connection: sqlite3.Connection, request: Request) -> str:
        if request.kind == RequestKind.TEST_MAIL:
            config = load_config(paper.config_path, environ={})
            return send_test(config, request.arguments["recipient"])
        return apply_edit(request, paper.config_path)

    def work() -> None:
        with closing(open_for_writing(paper.database)) as connection:
            while not is_over.wait(0.05):
                config = load_config(paper.config_path, environ={})
                settle_open_requests(connection, config, now=utc_now())
                for request in list_open_requests(connection):
                    if request.kind in OUTSIDE_KINDS:
                        settle_request(connection, request, act, now=utc_now())

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()


@pytest.fixture
def desk(chromium: Browser, paper: Site, daemon: None) -> Iterator[Page]:
    """Yield a page of somebody who has signed in, 1440 px wide; whatever the console says against it fails the test."""
    with closing(chromium.new_context(viewport={"width": 1440, "height": 900})) as context:
        yield from _watched(context, f"{paper.url}/-/auth-token?token={TOKEN}")


def _watched(context: BrowserContext, url: str) -> Iterator[Page]:
    page, said = context.new_page(), []
    page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    yield page
    assert said == []


def audit(page: Page) -> list[str]:
    """Return what axe finds serious or critical on a page as it stands; the page's context must bypass its policy."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']][:5])}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def weigh(page: Page, url: str) -> int:
    """Return the bytes of a page and of everything it loads."""
    total = 0

    def add(response: object) -> None:
        nonlocal total
        total += len(response.body())  # type: ignore[attr-defined]  # playwright's

    page.on("response", add)
    page.goto(url, wait_until="networkidle")
    page.remove_listener("response", add)
    return total


def count(database: Path, sql: str) -> int:
    """Return the number that a statement counts."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(sql).fetchone()[0])
