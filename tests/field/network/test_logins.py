"""A login in an address: used as browsers and feed readers use it, and never shown, logged or stored."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.config.load import load_config
from crawler.errors import ConfigFaulty
from crawler.text.web.logins import hide_login, split_login, without_login
from tests.fakes import Answer, Asked, FakeSite, Reply
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings
from tests.unit.cli.source.test_source_cli import ROOT, Shell

SECRET = "s3cr:t/ä"
WRITTEN = "s3cr%3At%2F%C3%A4"
# base64 of ada:s3cr:t/ä
LOGIN = "Basic YWRhOnMzY3I6dC/DpA=="


def for_members(reply: Answer | Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
    """Return a function that answers with a reply if the login is sent, and refuses otherwise."""

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != LOGIN:
            return Reply(status=401)
        return reply(asked) if callable(reply) else reply

    return answer


@pytest.fixture
def members(site: FakeSite) -> FakeSite:
    """Return a site that answers only with a login."""
    site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
    site.put_feed("/rss", "/a")
    for path in tuple(site.pages):
        site.pages[path] = for_members(site.pages[path])
    return site


def with_login(url: str, login: str = f"ada:{WRITTEN}") -> str:
    return url.replace("://", f"://{login}@")


def hidden_everywhere(folder: Path) -> bool:
    """Return whether no file of a folder, apart from the configuration, contains the secret in any spelling."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".toml"]
    signs = (b"s3cr", SECRET.encode(), WRITTEN.encode())
    return not [path for path in files if any(sign in path.read_bytes() for sign in signs)]


async def test_a_login_is_used_and_stored_nowhere(
    members: FakeSite, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = configure(tmp_path, settings(with_login(f"{members.url}/rss")))

    await crawl(config)

    assert rows(config, "SELECT count(*) FROM articles") == [(1,)]
    assert rows(config, "SELECT url FROM sources") == [(f"{members.url}/rss",)]
    assert hidden_everywhere(tmp_path)
    assert "s3cr" not in str(config) + "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("url", "name", "password"),
    [
        ("http://ada:pass@x.org/", "ada", "pass"),
        ("http://ada@x.org/", "ada", ""),
        ("http://:token@x.org/", "", "token"),
        ("http://ada%40x.org:p%40ss@x.org/", "ada@x.org", "p@ss"),
        ("http://a@b:c@x.org/", "a@b", "c"),
        ("http://ada:a:b@x.org/", "ada", "a:b"),
        ("feed://ada:pass@x.org/", "ada", "pass"),
        ("feed:https://ada:pass@x.org/", "ada", "pass"),
        ("http://ada:pass@[::1]:8080/", "ada", "pass"),
        ("http://ада:пароль@x.org/", "ада", "пароль"),
        ("http://@x.org/", "", ""),
        ("http://x.org/@ada:pass", "", ""),
        ("http://x.org/?q=a:b@c", "", ""),
    ],
)
def test_a_login_becomes_name_and_password(url: str, name: str, password: str) -> None:
    source = settings(url)

    assert (source.username, source.password) == (name, password)
    assert source.has_login_in_url == bool(name or password)
    assert "@x.org/" not in source.url
    assert f"'{password}'" not in repr(source) or not password


@pytest.mark.parametrize(
    "facts",
    [
        {"url": "http://ada:hidden@x.org/", "username": "bea"},
        {"url": "http://ada:hidden@x.org/", "password_file": "/run/secrets/x"},
        {"url": "ftp://ada:hidden@x.org/"},
        {"url": "http://ada:hid#den@x.org/"},
        {"url": "http://ada:hid/den@x.org/"},
        {"url": "http://ada:hidden@[x.org/"},
        {"url": "http://ada:hidden@x.org:port/"},
        {"url": "ada:hidden@x.org"},
        {"url": "http://x.org/", "proxy": "socks5://ada:hidden@x.org"},
        {"url": "http://x.org/", "proxy": "http://ada:hidden@x.org:port"},
        {"url": "http://x.org/", "headers_for": ["ada:hidden@x.org"]},
    ],
)
def test_no_fault_shows_the_login(tmp_path: Path, facts: dict[str, object]) -> None:
    lines = "\n".join(f"{key} = {value!r}" for key, value in facts.items())
    file = tmp_path / "w.toml"
    file.write_text(f'[[source]]\nname = "x"\n{lines}\n')

    try:
        load_config(file, environ={})
    except ConfigFaulty as faulty:
        assert "hid" not in str(faulty)
    else:
        assert facts["url"] == "ada:hidden@x.org"


def run(shell: Shell, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "watchword", "--config", str(shell.file), *arguments]
    environ = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_no_command_shows_it(members: FakeSite, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    address = with_login(f"{members.url}/rss")
    (tmp_path / "in.opml").write_text(
        f'<opml><body><outline text="listed" xmlUrl="{with_login("https://y.example/rss")}"/></body></opml>'
    )
    shell.file.write_text(
        shell.file.read_text()
        + f'[[source]]\nname = "written"\nurl = "{address}"\nallow_private = true\nkind = "feed"\n'
    )

    outputs = [
        run(shell, *arguments)
        for arguments in (
            ("check",),
            ("source", "test", address, "--allow-private"),
            ("source", "test", address, "--allow-private", "--json"),
            ("source", "test", with_login("http://127.0.0.1:1/rss"), "--allow-private"),
            ("source", "add", address, "--allow-private"),
            ("source", "add", f"{address}?x", "--allow-private", "--untested", "--name", "added"),
            ("source", "add", with_login("ftp://x.example/")),
            ("source", "import", str(tmp_path / "in.opml")),
            ("article", "understand", f"{address}x"),
            ("crawl", "written"),
            ("source", "list", "--json"),
            ("source", "show", "written"),
            ("doctor",),
            ("source", "export"),
        )
    ]

    (tmp_path / "in.opml").unlink()
    assert not [text for _, text in outputs if "s3cr" in text]
    assert hidden_everywhere(tmp_path)
    assert [code for code, _ in outputs][:8] == [0, 0, 0, 1, 2, 0, 2, 0]
    assert "`password_file`" in outputs[0][1]
    assert "`password_file`" in outputs[5][1]
    config = load_config(shell.file, environ={})
    for name in ("written", "added", "listed"):
        source = config.source_named(name)
        assert source is not None
        assert (source.username, source.password) == ("ada", SECRET)
    kept = [line for line in shell.file.read_text().splitlines() if "s3cr" in line]
    assert [line.partition(" ")[0] for line in kept] == ["url", "password", "password"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://ada:x@y.org/ and feed:bea:z@y.org", "see http://y.org/ and feed:y.org"),
        ("http://ada:p@ss@[bad/x", "http://[bad/x"),
        ("http:/ada:x@y.org", "http:/y.org"),
        ("http://y.org/@ada", "http://y.org/@ada"),
        ("write to me@y.org", "write to me@y.org"),
        ("http://" + "a" * 100_000, "http://" + "a" * 100_000),
    ],
)
def test_a_login_is_hidden_in_any_text(text: str, shown: str) -> None:
    assert hide_login(text) == shown


def test_an_address_is_split_into_address_and_login() -> None:
    assert split_login("https://a:b@x.org:1/p?q#f") == ("https://x.org:1/p?q#f", "a", "b")
    assert without_login("https://x.org/@me") == "https://x.org/@me"
