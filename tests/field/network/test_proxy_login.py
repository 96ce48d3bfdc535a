"""Behind a company's proxy with a login: every command works through it, and none shows or keeps the login."""

from pathlib import Path

import pytest

from tests.fakes import FakeSite, Reply, article_page, rss
from tests.field.network.test_logins import run
from tests.servers.forward_proxy import ForwardProxy
from tests.spiders.test_crawl import DRONES, PROSE
from tests.unit.cli.source.test_source_cli import Shell
from watchword.web.ports import find_free_port

# base64 of desk:s3cr:t
LOGIN = "Basic ZGVzazpzM2NyOnQ="
SIGNS = ("s3cr", "ZGVzazpzM2NyOnQ")


def behind(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_FETCH_PROXY", proxy.replace("://", "://desk:s3cr%3At@"))


def hidden_everywhere(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return not [path for path in files if any(sign.encode() in path.read_bytes() for sign in SIGNS)]


def test_no_command_shows_it(
    site: FakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path)
    site.pages["/rss"] = Reply(
        rss([("http://news.example/a", "")]), content_type="application/rss+xml"
    )
    site.pages["/a"] = Reply(article_page("Ferry Leaves Late", PROSE, DRONES))
    url = "http://news.example/rss"
    with ForwardProxy(
        ports={"news.example": int(site.url.rpartition(":")[2])}, login=LOGIN
    ) as proxy:
        behind(proxy.url, monkeypatch)
        works = [
            run(shell, *arguments)
            for arguments in (
                ("check",),
                ("source", "test", url),
                ("source", "test", url, "--json"),
                ("source", "add", url, "--name", "news"),
                ("crawl", "news"),
                ("source", "list", "--json"),
                ("source", "show", "news"),
                ("doctor",),
                ("source", "export"),
            )
        ]
        behind(f"http://127.0.0.1:{find_free_port()}", monkeypatch)
        fails = [
            run(shell, *arguments)
            for arguments in (
                ("source", "test", url),
                ("crawl", "news"),
                ("source", "show", "news"),
                ("doctor",),
                ("-v", "crawl", "news"),
            )
        ]
        monkeypatch.setenv("WATCHWORD_FETCH_PROXY", "socks5://desk:s3cr%3At@proxy.example:1080")
        faulty = run(shell, "check")

        assert {one.headers["proxy-authorization"] for one in proxy.passed} == {LOGIN}

    assert [code for code, _ in works[:5]] == [0] * 5
    assert "Ferry Leaves Late" in works[1][1]
    assert f"[fetch] proxy {proxy.url}" in works[7][1]
    assert all("proxy 127.0.0.1:" in text for _, text in fails[:3])
    assert faulty[0] == 2
    assert "WATCHWORD_FETCH_PROXY" in faulty[1]
    assert not [text for _, text in (*works, *fails, faulty) if any(sign in text for sign in SIGNS)]
    assert hidden_everywhere(tmp_path)


def test_check_and_doctor_report_that_the_proxy_of_the_environment_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path)
    monkeypatch.setenv("HTTPS_PROXY", "http://desk:s3cr%3At@proxy.example:3128")

    code, checked = run(shell, "check")
    _, examined = run(shell, "doctor")

    assert code == 0
    for output in (checked, examined):
        assert "the environment's HTTPS_PROXY is ignored; set `[fetch] proxy`" in output
        assert "s3cr" not in output
