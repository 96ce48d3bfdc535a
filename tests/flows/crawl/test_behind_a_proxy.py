"""The web pages behind a real nginx or Caddy: TLS, a prefix that is removed or kept, two instances on one host."""

import html
import re
import shutil
import sqlite3
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
import pytest
import trustme

from crawler.alerting.links import Links
from crawler.config.sections.watches import WatchSettings
from crawler.flows.mail.delivery.messages import find_links
from crawler.flows.process.configure import apply_config
from crawler.flows.process.rules import load_rules
from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from tests.conftest import make_config
from tests.fakes import START
from tests.newsroom import ARTICLE, Newsroom
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("module_forks")]

PATIENCE_SECONDS = 60.0
STRANGE_NAMES = (
    "a/b",
    "/",
    "//evil.example/",
    "100%",
    "50%2F",
    "~2F",
    "~",
    'say "x"',
    "it's",
    "\U0001f681",
    "..",
    "../x",
    "../../-/alive",
    "a.b.",
    ".atom",
    "x.atom",
    "C++",
    "C#?&=;",
    "<b>",
    "a\\b",
    "-v",
    "a  b",
    "x" * 80,
    "\U0001f681" * 80,
    "\u00c4rger",
    "\u65e5\u672c",
    "{{ 7*7 }}",
    "watch_alerts",
)
NGINX = """
daemon off; error_log stderr; pid {folder}/nginx.pid; events {{}}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.pem;
    location /watchword/ {{ proxy_pass http://127.0.0.1:{stripped}/; }}
    location /desks/two/ {{ proxy_pass http://127.0.0.1:{kept}; }}
  }}
}}
"""
CADDY = """
{{
  admin off
  auto_https off
  storage file_system {folder}
}}
https://localhost:{port} {{
  bind 127.0.0.1
  tls {folder}/tls.pem {folder}/tls.pem
  handle_path /watchword/* {{
    reverse_proxy 127.0.0.1:{stripped}
  }}
  handle /desks/two/* {{
    reverse_proxy 127.0.0.1:{kept}
  }}
}}
"""
PROXIES = {
    "nginx": (NGINX, ["-c"]),
    "caddy": (CADDY, ["run", "--adapter", "caddyfile", "--config"]),
}
Fetch = Callable[[str], tuple[int, dict[str, str], str]]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def make_fetch(authority: trustme.CA) -> Fetch:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    opener = urllib.request.build_opener(_NoRedirects, urllib.request.HTTPSHandler(context=context))

    def fetch(url: str) -> tuple[int, dict[str, str], str]:
        try:
            answer = opener.open(url, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, headers, answer.read().decode("utf-8", "replace")

    return fetch


@contextmanager
def open_instance(folder: Path, url: str) -> Iterator[int]:
    """Open web pages with a public address and a watch for each strange name; yield their port."""
    folder.mkdir()
    watches = [
        WatchSettings(name=name, query="drone", to=("me@example.org",))
        for name in ("drones", *STRANGE_NAMES)
    ]
    config = make_config(folder, watches=watches)
    with closing(open_for_writing(config.store.path)) as database:
        migrate(database)
        apply_config(database, config, now=START)
        Newsroom(database, load_rules(database, config)).keep(ARTICLE)
    file = folder / "w.toml"
    file.write_text(f'[store]\npath = "{config.store.path}"\n[web]\nurl = "{url}"\n')
    port = find_free_port()
    child = start_web_pages(config.store.path, file, port=port, url=url, stdout=subprocess.DEVNULL)
    try:
        wait_until_open("127.0.0.1", port, child=child)
        yield port
    finally:
        child.terminate()
        child.wait(10)


class Proxied(NamedTuple):
    """Two instances behind one proxy, which no test changes.

    folder  the place of both, ``one`` and ``two``
    """

    host: str
    fetch: Fetch
    folder: Path


@pytest.fixture(scope="module", params=list(PROXIES))
def proxied(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    module_forks: None,
) -> Iterator[Proxied]:
    """Yield two instances behind one proxy: the prefix ``/watchword/``, also the database's name, is removed; ``/desks/two/`` is kept."""
    tmp_path = tmp_path_factory.mktemp("proxied")
    program = shutil.which(request.param)
    if program is None:
        pytest.skip(f"there is no {request.param} on this machine")
    port, authority = find_free_port(), trustme.CA()
    host = f"https://localhost:{port}"
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "tls.pem"))
    template, arguments = PROXIES[request.param]
    with (
        open_instance(tmp_path / "one", f"{host}/watchword/") as stripped,
        open_instance(tmp_path / "two", f"{host}/desks/two") as kept,
    ):
        file = tmp_path / "proxy.conf"
        file.write_text(template.format(folder=tmp_path, port=port, stripped=stripped, kept=kept))
        proxy = subprocess.Popen(
            [program, *arguments, str(file)], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        try:
            fetch = make_fetch(authority)
            _wait_for(lambda: fetch(f"{host}/watchword/-/alive")[0] == 200)
            yield Proxied(host, fetch, tmp_path)
        finally:
            proxy.terminate()
            proxy.communicate(timeout=10)


def _wait_for(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with suppress(OSError):
            if is_so():
                return
        time.sleep(0.1)
    raise AssertionError("the proxy does not answer")


def find_references(url: str, headers: dict[str, str], text: str) -> set[str]:
    """Return the addresses an answer links or redirects to, absolute."""
    found = re.findall(r'(?:href|src|action)="([^"]*)"', text)
    if "json" in headers.get("content-type", ""):
        found = re.findall(r'"(https?://[^"]+)"', text)
    found += [headers["location"]] if "location" in headers else []
    return {urldefrag(urljoin(url, html.unescape(one)))[0] for one in found}


def walk(start: str, fetch: Fetch, *, most: int) -> tuple[dict[str, int], set[str]]:
    """Follow every link of a site; return the answer of each, and the addresses on its host that are not below its start."""
    answers: dict[str, int] = {}
    outside: set[str] = set()
    waiting = deque([start])
    while waiting and len(answers) < most:
        url = waiting.popleft()
        if url in answers:
            continue
        answers[url], headers, text = fetch(url)
        for found in find_references(url, headers, text):
            if found.startswith(start):
                waiting.append(found)
            elif urlsplit(found).hostname in {"localhost", "127.0.0.1"}:
                outside.add(found)
    return answers, outside


@pytest.mark.parametrize("prefix", ["/watchword/", "/desks/two/"])
def test_every_link_asset_and_redirect_lies_under_the_prefix(proxied: Proxied, prefix: str) -> None:
    host, fetch, _ = proxied

    answers, outside = walk(f"{host}{prefix}", fetch, most=70)

    assert outside == set()
    assert {url: status for url, status in answers.items() if status >= 400} == {}
    assert f"{host}{prefix}assets/web-pages.css" in answers
    assert f"{host}{prefix}-/alerts/drones.atom" in answers
    assert len(answers) == 70
    for asked, leads_to in {
        "-/config": "-/settings",
        "-/logout": "",
        "watchword/articles/": "watchword/articles",
        "watchword/articles?_filter_column=id&_filter_op=exact&_filter_value=1": "watchword/articles?id__exact=1",
    }.items():
        status, headers, _ = fetch(f"{host}{prefix}{asked}")
        place = urljoin(f"{host}{prefix}{asked}", headers["location"])
        assert (status in {301, 302}, place) == (True, f"{host}{prefix}{leads_to}"), asked
    assert fetch(f"{host}{prefix}-/nothing")[0] == 404


def test_the_proxy_serves_the_addresses_that_mails_link_to(
    proxied: Proxied,
) -> None:
    host, fetch, place = proxied
    for prefix, folder in (("/watchword/", "one"), ("/desks/two", "two")):
        web_url = f"{host}{prefix}"
        config = make_config(place / folder, web={"url": web_url})
        links = find_links(config)

        assert fetch(links.to_article(1))[0] == 200
        assert "Quay crossed" in fetch(links.to_watch("drones"))[2]
        status, _, text = fetch(links.to_feed("drones"))
        feed = feedparser.parse(text)
        assert status == 200
        assert {link.href for link in feed.feed.links} == {links.to_feed("drones")}
        related = [link.href for link in feed.entries[0].links if link.rel == "related"]
        assert related == [links.to_article(1)]


def test_every_name_a_watch_can_have_works_in_every_address(
    proxied: Proxied,
) -> None:
    host, fetch, _ = proxied
    for prefix in ("/watchword/", "/desks/two/"):
        links = Links(web_url=f"{host}{prefix}", database="watchword", key=b"")
        for name in STRANGE_NAMES:
            status, _, text = fetch(links.to_feed(name))
            assert (status, name) == (200, name)
            feed = feedparser.parse(text)
            assert [link.href for link in feed.feed.links] == [links.to_feed(name)]
            assert "Quay crossed" in feed.entries[0].title
            status, _, page = fetch(links.to_watch(name))
            assert (status, "Quay crossed" in page) == (200, True), name
        # the address that feed readers use since earlier releases
        for path in (
            "100%25",
            "%7E2F",
            "C%2B%2B",
            "C++",
            "it%27s",
            "%C3%84rger",
            "50%252F",
            "a%20%20b",
        ):
            assert fetch(f"{host}{prefix}-/alerts/{path}.atom")[0] == 200, path


def test_the_host_header_of_a_request_does_not_change_the_public_address(tmp_path: Path) -> None:
    url = "https://desk.example/news/"
    with open_instance(tmp_path / "one", url) as port:
        for path in (
            "-/alerts.atom",
            "watchword/articles.json?_facet=language",
            "watchword/articles",
        ):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}")
            for name in ("Host", "X-Forwarded-Host"):
                request.add_header(name, "wrong.example")
            with urllib.request.urlopen(request, timeout=20) as answer:
                text = answer.read().decode()
            assert "wrong.example" not in text
            assert "http://desk.example" not in text
        assert "https://desk.example/news/watchword/articles" in text


def test_a_health_check_is_answered_without_a_query(
    tmp_path: Path, database: sqlite3.Connection
) -> None:
    with open_instance(tmp_path / "one", "https://desk.example/news/") as port:
        (tmp_path / "one" / "watchword.db").rename(tmp_path / "away.db")
        for path in ("/-/alive", "/news/-/alive"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                assert (answer.status, answer.read()) == (200, b"alive\n")
