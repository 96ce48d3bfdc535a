"""``check --network`` and the public address: whether Watchword's web pages answer there, and whether links in mails work."""

import sqlite3
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.conftest import make_config
from tests.fakes import FakeSite, Reply
from tests.flows.web.test_owner_login import opened
from tests.newsroom import ARTICLE, Newsroom
from watchword.reach.reached import FAILED, LOOK, OK
from watchword.reach.web_addresses import try_web
from watchword.web.public_address import NO_SUCH_LINK

NOW = datetime.now(UTC)
# an address of this machine that does not look like one, as the public name of a home server does from inside
HERE = "0.0.0.0"


def stated(folder: Path, url: str, **more: Any) -> Config:
    return make_config(folder, web={"url": url}, **more)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["/", "/news/"])
async def test_the_real_web_pages_are_known_at_their_public_address(
    tmp_path: Path, database: sqlite3.Connection, rules: Rules, config: Config, prefix: str
) -> None:
    Newsroom(database, rules).keep(ARTICLE)
    config.store.path.with_name("w.toml").write_text("")
    before = list(database.execute("SELECT * FROM requests"))
    with opened(config.store.path, url=f"http://desk.example{prefix}") as (place, _, _):
        right = f"http://{HERE}:{urlsplit(place).port}{prefix}"
        found = await try_web(stated(tmp_path, right), NOW)
        wrong = await try_web(stated(tmp_path, f"{right}elsewhere/"), NOW)

    assert [one.state for one in found] == [OK, OK]
    assert [one.kind for one in found] == ["web pages", "mail links"]
    assert [one.state for one in wrong] == [FAILED]
    assert "but not below this path" in wrong[0].text
    assert "each link in mails is dead" in wrong[0].advice
    assert list(database.execute("SELECT * FROM requests")) == before


@pytest.mark.slow
async def test_pages_that_run_for_their_own_machine_only_are_known(
    tmp_path: Path, database: sqlite3.Connection, config: Config
) -> None:
    config.store.path.with_name("w.toml").write_text("")
    with opened(config.store.path, password="") as (place, _, _):
        (found,) = await try_web(stated(tmp_path, place.replace("127.0.0.1", HERE)), NOW)

    assert found.state == FAILED
    assert "for their own machine only" in found.text


def put_pages(site: FakeSite, base: str = "", *, links: Reply | None = None) -> None:
    site.pages[f"{base}/-/alive"] = Reply(body=b"alive\n")
    site.pages[f"{base}/-/message/0.0.check"] = links or Reply(
        status=404, body=NO_SUCH_LINK.encode()
    )


@pytest.mark.parametrize(
    ("links", "state", "words"),
    [
        (Reply(status=404, body=b"nginx"), FAILED, "HTTP 404: those are not Watchword's"),
        (Reply(status=401), LOOK, "wants a login"),
        (Reply(status=502), FAILED, "HTTP 502"),
        (Reply(status=404, body=NO_SUCH_LINK.encode()), OK, "mutes and unsubscribes"),
    ],
)
async def test_a_proxy_that_keeps_readers_of_mails_out_is_noticed(
    tmp_path: Path, site: FakeSite, links: Reply, state: str, words: str
) -> None:
    put_pages(site, links=links)

    pages, found = await try_web(stated(tmp_path, site.url.replace("127.0.0.1", HERE)), NOW)

    assert pages.state == OK
    assert (found.kind, found.state) == ("mail links", state)
    assert words in found.text


async def test_a_redirect_to_a_login_elsewhere_needs_a_look_and_one_to_our_pages_none(
    tmp_path: Path, site: FakeSite
) -> None:
    url = site.url.replace("127.0.0.1", HERE)
    put_pages(site, "/new")
    site.pages["/login"] = Reply(body=b"Sign in")
    for path in ("/-/alive", "/-/message/0.0.check"):
        site.pages[f"/old{path}"] = Reply(status=301, headers={"Location": f"/new{path}"})
        site.pages[f"/sso{path}"] = Reply(status=302, headers={"Location": f"{site.url}/login"})

    moved = await try_web(stated(tmp_path, f"{url}/old/"), NOW)
    guarded = await try_web(stated(tmp_path, f"{url}/sso/"), NOW)

    assert [one.state for one in moved] == [OK, OK]
    assert [one.state for one in guarded] == [LOOK, LOOK]
    assert f"at {site.url}/login" in guarded[0].text


async def test_an_address_of_this_machine_only_is_not_asked(tmp_path: Path, site: FakeSite) -> None:
    assert await try_web(stated(tmp_path, site.url), NOW) == ()
    assert await try_web(make_config(tmp_path), NOW) == ()
    assert site.paths() == []


@pytest.mark.parametrize(
    ("days", "state", "words"),
    [(3, LOOK, "its certificate ends on"), (90, OK, "they answer"), (-1, FAILED, "expired")],
)
async def test_the_certificate_of_the_public_address_is_looked_at(
    tmp_path: Path, site: FakeSite, days: int, state: str, words: str
) -> None:
    authority, file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = authority.issue_cert(HERE, not_after=NOW + timedelta(days=days))
    issued.configure_cert(context)
    put_pages(site)
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    url = site.url.replace("http://127.0.0.1", f"https://{HERE}")

    found = (await try_web(stated(tmp_path, url, tls={"ca_file": file}), NOW))[0]

    assert found.state == state
    assert words in found.text
    assert "renew it" in found.advice or state == OK


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://desk.invalid/", "its name is not known"),
        ("https://name:pass@desk.invalid/", "its name is not known"),
        (f"http://{HERE}:1/", "nothing answers there"),
        (f"https://{HERE}:1/news/", "nothing answers there"),
    ],
)
async def test_an_address_that_nobody_answers_is_said(tmp_path: Path, url: str, words: str) -> None:
    (found,) = await try_web(stated(tmp_path, url), NOW)

    assert found.state == FAILED
    assert words in found.text
    assert "name:pass" not in found.name
