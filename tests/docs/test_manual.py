"""``watchword docs``: what an installed Watchword shows of the docs, without a network."""

import ast
import http.client
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import lxml.html
import pytest

from tests.docs.test_command_blocks import ROOT
from watchword.cli.reference.docs import DocsHandler
from watchword.cli.reference.manual import MANUAL, ManualPage, find_manual_page, list_manual, render

# what a wheel may hold of docs and pictures
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), DocsHandler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def get(port: int, path: str) -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers.get("Content-Type", ""), body


def test_the_manual_is_the_docs_and_small() -> None:
    inside = [path for path in MANUAL.resolve().rglob("*") if path.is_file()]

    assert MANUAL.resolve() == (ROOT / "docs").resolve()
    assert sum(path.stat().st_size for path in inside) < MOST_BYTES


def test_each_page_has_one_name_of_its_own() -> None:
    names = [page.name for page in list_manual()]

    assert len(names) == len(set(names))
    assert {page.place for page in list_manual()} == {
        path.relative_to(ROOT / "docs").with_suffix("").as_posix()
        for path in (ROOT / "docs").rglob("*.md")
    }


@pytest.mark.parametrize(
    "stated", ["settings", "reference/settings", "docs/reference/settings.md", "settings.md"]
)
def test_a_page_is_found_by_name_and_by_file(stated: str) -> None:
    page = find_manual_page(stated)

    assert page is not None
    assert page.title == "Settings"


@pytest.mark.parametrize("page", list_manual(), ids=lambda page: page.place)
def test_every_link_of_a_page_is_answered(page: ManualPage, port: int) -> None:
    status, kind, body = get(port, f"/{page.place}.html")
    html = lxml.html.fromstring(body)
    html.make_links_absolute(f"http://127.0.0.1:{port}/{page.place}.html")

    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert len(html.xpath("//h1")) == 1
    assert "description:" not in html.xpath("string(//main)")[:200]
    for address in html.xpath("//a/@href | //img/@src"):
        path, _, anchor = str(address).removeprefix(f"http://127.0.0.1:{port}").partition("#")
        if path.startswith("http"):
            continue
        target = find_manual_page(path) if path.endswith(".html") else None
        assert target or get(port, path)[0] == 200, address
        if anchor and target:
            assert f'id="{anchor}"' in render(target), address


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/nothing.html", "/settings.html"]
)
def test_nothing_else_is_served(path: str, port: int) -> None:
    assert get(port, path)[0] == 404


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "watchword", "docs", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_piped_it_prints_the_page_as_it_is_written() -> None:
    done = run("watch-language")

    assert done.returncode == 0
    assert done.stdout.startswith("# Watch language\n")


@pytest.mark.slow
def test_an_unknown_page_is_refused_with_a_proposal() -> None:
    done = run("setting")

    assert done.returncode == 2
    assert "Did you mean 'settings'?" in done.stderr


@pytest.mark.slow
def test_in_a_terminal_of_80_columns_no_line_of_text_is_longer(tmp_path: Path) -> None:
    reading, writing = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "PAGER": "cat", "TERM": "xterm"}
    command = [sys.executable, "-m", "watchword", "docs", "trust", "--print"]
    with subprocess.Popen(
        command, stdin=writing, stdout=writing, stderr=writing, cwd=tmp_path, env=environment
    ) as child:
        os.close(writing)
        shown = b""
        while True:
            try:
                shown += os.read(reading, 65536)
            except OSError:  # the other end was closed
                break
        os.close(reading)
    lines = re.sub(rb"\x1b\[[0-9;]*m", b"", shown).decode().splitlines()

    assert child.returncode == 0
    assert max(map(len, lines)) <= 80
    assert any("Silence is explained" in line for line in lines)


@pytest.mark.slow
def test_a_browser_is_given_an_address_that_answers_until_ctrl_c(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    # like lynx, it ends before `docs` goes on
    browser.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\n"
        f"open({str(tmp_path / 'got')!r}, 'wb').write(urllib.request.urlopen(sys.argv[1]).read())\n"
        f"print('browser done', flush=True)\n"
    )
    browser.chmod(0o755)
    reading, writing = pty.openpty()
    environment = {**os.environ, "BROWSER": f"{browser} %s"}
    with subprocess.Popen(
        [sys.executable, "-m", "watchword", "docs", "settings"],
        stdin=writing,
        stdout=writing,
        stderr=writing,
        cwd=tmp_path,
        env=environment,
    ) as child:
        os.close(writing)
        shown = b""
        while b"browser done" not in shown:
            shown += os.read(reading, 65536)
        child.send_signal(signal.SIGINT)
        child.wait(20)
        os.close(reading)

    assert b"<title>Settings - Watchword</title>" in (tmp_path / "got").read_bytes()
    assert child.returncode == 0


def said_by(path: Path) -> str:
    """Return what a file says to people who have no copy of the repository: of a module its strings, but not its docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text
    tree = ast.parse(text)
    unsaid = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in unsaid
    )


def test_messages_and_generated_files_name_docs_that_an_installed_user_has() -> None:
    packages = (ROOT / name for name in ("crawler", "scheduler", "watchword", "seeds"))
    files = [
        path
        for package in packages
        for path in package.rglob("*")
        if path.suffix in {".py", ".toml", ".html", ".txt", ".yml"}
        and path.parent.name != "reference"
    ]
    assert len(files) > 300
    for path in files:
        text = said_by(path)
        assert not re.search(r"docs/[\w/-]+\.md|README\.md", text), path
        for name in re.findall(r"`watchword docs ([\w/-]+)`", text):
            assert find_manual_page(name), f"{path}: {name}"
