"""The owner's login to the web pages: real Datasette, a real configuration, real cookies."""

import html
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.newsroom import ARTICLE, Newsroom
from watchword.web.access.admission import Admission
from watchword.web.access.visitors import Openness
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

pytestmark = pytest.mark.slow

HTML = {"accept": "text/html"}
PASSWORD = "p\u00e4ssion-of-quay-42 "
SECRETS = ("/watchword/deliveries", "/watchword?sql=select+recipient+from+deliveries")


@pytest.fixture
def filled(database: sqlite3.Connection, rules: Rules, config: Config) -> Path:
    Newsroom(database, rules).keep(ARTICLE)
    config.store.path.with_name("w.toml").write_text(
        '[[watch]]\nname = "drones"\nquery = "drone"\n'
    )
    return config.store.path


@contextmanager
def opened(
    database: Path,
    *,
    password: str = PASSWORD,
    url: str = "",
    token: str = "",
    openness: Openness | None = None,
) -> Iterator[tuple[str, int, Path]]:
    """Yield web pages with a password: their address, their process, and the file of their output."""
    chosen = openness or (Openness.CLOSED if password else Openness.LOCAL)
    port = find_free_port()
    log_file = database.with_name("web.log")
    with log_file.open("ab") as stream:
        child = start_web_pages(
            database,
            database.with_name("w.toml"),
            port=port,
            url=url,
            admission=Admission(openness=chosen, password=password, token=token),
            stdout=stream,
            stderr=stream,
        )
    try:
        yield wait_until_open("127.0.0.1", port, child=child).rstrip("/"), child.pid, log_file
    finally:
        child.terminate()
        child.wait(10)


def find_token(page: str) -> str:
    tokens = set(re.findall(r'name="csrftoken" value="([^"]+)"', page))
    assert len(tokens) == 1
    return str(tokens.pop())


def log_in(
    browser: httpx.Client, password: str = PASSWORD, *, place: str = "", at: str = "/-/login"
) -> httpx.Response:
    page = browser.get(at, params={"next": place} if place else {})
    stated = re.findall(r'name="next" value="([^"]*)"', page.text)
    form = {
        "password": password,
        "csrftoken": find_token(page.text),
        "next": html.unescape(stated[0]),
    }
    return browser.post(at, data=form)


def is_owner(browser: httpx.Client) -> bool:
    answers = {browser.get(path).status_code for path in SECRETS}
    assert len(answers) == 1
    return answers == {200}


def test_the_password_opens_everything(filled: Path) -> None:
    with opened(filled) as (address, _, _), httpx.Client(base_url=address) as browser:
        assert not is_owner(browser)
        assert 'href="/-/login"' in browser.get("/", headers=HTML).text

        answer = log_in(browser)

        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert is_owner(browser)
        assert browser.get("/-/actor.json").json()["actor"]["id"] == "root"
        home = browser.get("/")
        assert "sign out" in home.text
        assert 'href="/-/login"' not in home.text
        assert home.headers["cache-control"] == "private, no-store"
        assert browser.get("/-/login").headers["location"] == "/"
        token = find_token(browser.get("/-/logout").text)
        browser.post("/-/logout", data={"csrftoken": token})
        assert not is_owner(browser)


def test_without_a_password_the_link_signs_in_once(filled: Path) -> None:
    link = "/-/auth-token?token=quay"
    with (
        opened(filled, password="", token="quay") as (address, _, _),
        httpx.Client(base_url=address) as browser,
        httpx.Client(base_url=address) as other,
    ):
        assert "There is no password yet" in browser.get("/-/login").text
        assert browser.get(SECRETS[0], headers=HTML).status_code == 403
        browser.get(link)
        assert is_owner(browser)
        assert other.get(link).status_code == 403
        assert not is_owner(other)


WRONG = (
    "",
    PASSWORD.strip(),
    PASSWORD.upper(),
    PASSWORD + " ",
    PASSWORD.encode("ascii", "ignore").decode(),
    "x" * 60_000,
    "\0",
    "p%C3%A4ssion",
    "' or 1=1 --",
    "{{ 7*7 }}",
    "\u202e",
)


def test_a_wrong_password_lets_nobody_in(filled: Path) -> None:
    with opened(filled) as (address, _, log_file):
        for wrong in WRONG:
            with httpx.Client(base_url=address) as browser:
                answer = log_in(browser, wrong)

                assert (answer.status_code, wrong) == (403, wrong)
                assert "Wrong password." in answer.text
                assert len(wrong) < 2 or wrong not in answer.text
                assert not is_owner(browser)
                log_in(browser)  # the mistakes are forgotten after a login
        assert "Traceback" not in log_file.read_text()


def test_a_password_may_be_typed_decomposed(filled: Path) -> None:
    with opened(filled) as (address, _, _), httpx.Client(base_url=address) as browser:
        log_in(browser, "pa\u0308ssion-of-quay-42 ")
        assert is_owner(browser)


def test_a_form_of_another_site_logs_nobody_in(filled: Path) -> None:
    with opened(filled) as (address, _, log_file):
        form = {"password": PASSWORD}
        with httpx.Client(base_url=address) as browser:
            token = find_token(browser.get("/-/login").text)
        for cookies, data, headers in (
            ({}, form, {}),
            ({}, form, {"authorization": "Bearer x"}),
            ({}, {**form, "csrftoken": token}, {}),
            ({"x": "y"}, {**form, "csrftoken": token}, {}),
            ({"ds_csrftoken": token}, {**form, "csrftoken": token}, {}),
            ({}, {**form, "csrftoken": "\u00e9"}, {}),
        ):
            with httpx.Client(base_url=address, cookies=cookies) as browser:
                answer = browser.post("/-/login", data=data, headers=headers)
                assert answer.status_code == 403
                assert "Please try again." in answer.text
                assert not any("ds_actor" in name for name in browser.cookies)
        with httpx.Client(base_url=address) as browser:
            browser.get("/-/login")
            files = {"password": (None, PASSWORD), "csrftoken": (None, "x")}
            assert browser.post("/-/login", files=files).status_code == 403
            assert browser.post("/-/login", content=b"\xff%ff%").status_code == 403
            assert browser.post("/-/login", content=b"x" * 100_000).status_code == 413
        assert "Traceback" not in log_file.read_text()


def test_guessing_has_to_wait_and_does_not_lock_out_a_session(filled: Path) -> None:
    with opened(filled) as (address, _, log_file):
        with httpx.Client(base_url=address) as owner, httpx.Client(base_url=address) as guesser:
            log_in(owner)
            owner.post("/-/logout", data={"csrftoken": find_token(owner.get("/-/logout").text)})
            assert not is_owner(owner)
            statuses = [log_in(guesser, f"guess {number}").status_code for number in range(8)]
            assert statuses[:4] == [403] * 4
            assert 429 in statuses[4:]
            answer = log_in(guesser)
            if (
                answer.status_code == 429
            ):  # the right one too: otherwise guessing would cost nothing
                assert int(answer.headers["retry-after"]) >= 1
                assert "Please try again in" in answer.text

            log_in(owner)

            assert is_owner(owner)
        assert "guess" not in log_file.read_text()
        assert PASSWORD.strip() not in log_file.read_text()


def test_a_session_survives_a_restart_and_ends_with_its_password(filled: Path) -> None:
    with opened(filled) as (address, _, _), httpx.Client(base_url=address) as browser:
        log_in(browser)
        cookies = dict(browser.cookies)
        form = find_token(httpx.get(f"{address}/-/login").text)
    with (
        opened(filled) as (address, _, _),
        httpx.Client(base_url=address, cookies=cookies) as again,
    ):
        assert form
        assert is_owner(again)
    with (
        opened(filled, password="another-quay-43") as (address, _, _),
        httpx.Client(base_url=address, cookies=cookies) as again,
    ):
        assert not is_owner(again)
    with (
        opened(filled, password="") as (address, _, _),
        httpx.Client(base_url=address, cookies=cookies) as again,
    ):
        assert not is_owner(again)


def test_the_key_of_the_session_is_private(filled: Path) -> None:
    with opened(filled):
        key = filled.with_name(f"{filled.name}.key")
        assert key.stat().st_mode & 0o777 == 0o600


def test_a_cut_key_signs_no_session(filled: Path) -> None:
    filled.with_name(f"{filled.name}.key").write_bytes(b"")
    with opened(filled) as (address, _, _), httpx.Client(base_url=address) as browser:
        log_in(browser)
        assert is_owner(browser)
        cookies = dict(browser.cookies)
    with (
        opened(filled) as (address, _, _),
        httpx.Client(base_url=address, cookies=cookies) as again,
    ):
        assert not is_owner(again)


def test_the_password_is_stored_nowhere(filled: Path, database: sqlite3.Connection) -> None:
    plain = PASSWORD.strip()
    with opened(filled) as (address, pid, log_file), httpx.Client(base_url=address) as browser:
        log_in(browser, "wrong" + PASSWORD)
        log_in(browser)
        pages = ["/", "/-/plugins.json", "/-/versions.json", "/-/threads.json", "/-/databases.json"]
        pages += ["/-/settings.json", "/-/metadata.json", "/-/config.json", "/-/actor.json"]
        for page in (*pages, "/-/permissions", "/-/login", "/-/logout"):
            answer = browser.get(page, follow_redirects=True)
            assert plain not in answer.text, page
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        assert b"datasette_process" in arguments
        assert PASSWORD.encode() not in arguments
        assert plain not in log_file.read_text()
    assert all(plain not in line for line in database.iterdump())
    owner_only = Path(f"/proc/{os.getpid()}/environ").stat().st_mode & 0o077
    assert owner_only == 0  # the child reads it from there


def test_two_instances_on_one_host_do_not_share_cookies(
    filled: Path, tmp_path: Path, config: Config
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["cp", str(filled), str(other / "w.db")], check=True)
    (other / "w.toml").write_text("")
    with (
        opened(filled) as (one, _, _),
        opened(other / "w.db") as (two, _, _),
        httpx.Client() as browser,  # like browsers it ignores the port for cookies
    ):
        page_of_one = browser.get(f"{one}/-/login").text
        page_of_two = browser.get(f"{two}/-/login").text
        for place, page in ((one, page_of_one), (two, page_of_two)):
            form = {"password": PASSWORD, "csrftoken": find_token(page)}
            assert browser.post(f"{place}/-/login", data=form).status_code == 303
        assert browser.get(f"{one}{SECRETS[0]}").status_code == 200
        token = find_token(browser.get(f"{two}/-/logout").text)
        browser.post(f"{two}/-/logout", data={"csrftoken": token})
        assert browser.get(f"{two}/watchword/deliveries").status_code in {403, 404}
        assert browser.get(f"{one}{SECRETS[0]}").status_code == 200


def test_cookies_of_a_public_address_are_limited_to_it(filled: Path) -> None:
    with opened(filled, url="https://desk.example/news/") as (address, _, _):
        page = httpx.get(f"{address}/news/-/login")
        cookie = page.headers["set-cookie"]
        name, _, value = cookie.partition(";")[0].partition("=")
        form = {"password": PASSWORD, "csrftoken": find_token(page.text)}
        answer = httpx.post(f"{address}/-/login", data=form, headers={"cookie": f"{name}={value}"})

        assert answer.headers["location"] == "/news/"
        sent = [cookie, *answer.headers.get_list("set-cookie")]
        assert len(sent) == 3
        for one in sent:
            attributes = {part.strip().lower() for part in one.split(";")[1:]}
            assert {"httponly", "secure", "samesite=lax", "path=/news/"} <= attributes
        (actor,) = (one for one in sent if one.startswith("ds_actor"))
        assert "max-age=1209600" in actor.lower()
        # after other cookies of the same host; Python's own reader stops at some of them
        crowd = f'a b=c; {{"x"}}=1; ds_actor=stale; =; {actor.partition(";")[0]}; z=\u00fc'
        again = httpx.get(f"{address}{SECRETS[0]}", headers={b"cookie": crowd.encode()})
        assert again.status_code == 200


PLACES = {
    "/watchword/deliveries?_size=5&x=%2F": "/watchword/deliveries?_size=5&x=%2F",
    "https://evil.example/": "/",
    "//evil.example/": "/",
    "/\\evil.example/": "/",
    "/\tevil": "/",
    "/%0d%0aSet-Cookie:x=1": "/%0d%0aSet-Cookie:x=1",
    "/\r\nSet-Cookie: x=1": "/",
    "javascript:alert(1)": "/",
    "/\u00fc": "/",
    "/" + "x" * 3000: "/",
}


def test_the_login_leads_to_the_requested_page_of_this_instance(filled: Path) -> None:
    with opened(filled) as (address, _, _), httpx.Client(base_url=address) as browser:
        for stated, leads_to in PLACES.items():
            browser.cookies.clear()
            assert log_in(browser, place=stated).headers["location"] == leads_to
            assert log_in_with_form(browser, stated).headers["location"] == leads_to


def log_in_with_form(browser: httpx.Client, place: str) -> httpx.Response:
    """Log in with a target that the page did not put into the form."""
    browser.cookies.clear()
    token = find_token(browser.get("/-/login").text)
    form = {"password": PASSWORD, "csrftoken": token, "next": place}
    return browser.post("/-/login", data=form)


def test_a_page_for_the_owner_offers_the_login_and_leads_back(filled: Path) -> None:
    place = "/watchword/deliveries?_size=5"
    with opened(filled) as (address, _, _), httpx.Client(base_url=address) as browser:
        page = browser.get(place, headers={"accept": "text/html,*/*"})
        assert (page.status_code, "closed to visitors" in page.text) == (403, True)
        form = {"password": PASSWORD, "csrftoken": find_token(page.text), "next": place}

        answer = browser.post("/-/login", data=form)

        assert answer.headers["location"] == place
        assert browser.get(place).status_code == 200
        with httpx.Client(base_url=address) as program:
            refused = program.get("/watchword/deliveries.json")
            assert (refused.status_code, "csrftoken" in refused.text) == (403, False)
