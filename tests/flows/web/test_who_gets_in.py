"""Nobody gets in: every path is closed to who has not signed in, unless it is meant for everybody."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from crawler.config.schema import Config
from crawler.flows.process.rules import Rules
from tests.flows.web.opening import HTML, open_pages
from tests.newsroom import ARTICLE, Newsroom
from watchword.web.access.admission import Admission
from watchword.web.access.feed_keys import make_feed_key
from watchword.web.access.visitors import Openness

pytestmark = pytest.mark.slow

FORMULA = "=1+1 Quay crossed"
# ours, Datasette's tables, its debugging pages, downloads, SQL, feeds, and what does not exist
PATHS = (
    "/",
    "/search?q=drone",
    "/stories/1",
    "/articles/1",
    "/watches",
    "/watches/drones",
    "/sources",
    "/sources/courier",
    "/watchword",
    "/watchword/alerts",
    "/watchword/articles/1",
    "/watchword/alerts.json",
    "/watchword/alerts.csv",
    "/watchword.db",
    "/watchword?sql=select+1",
    "/watchword.json?sql=select+1",
    "/watchword/who_was_first",
    "/-/metadata",
    "/-/metadata.json",
    "/-/versions.json",
    "/-/settings.json",
    "/-/plugins.json",
    "/-/databases.json",
    "/-/threads",
    "/-/actor.json",
    "/-/permissions",
    "/-/allow-debug",
    "/-/patterns",
    "/-/messages",
    "/-/static/app.css",
    "/-/alerts.atom",
    "/-/alerts/drones.atom",
    "/-/alerts.atom?key=",
    "/-/alerts.atom?key=AAAAAAAAAAAAAAAAAAAA",
    "/no-such-page",
    "//watchword/alerts",
    "/./watchword/alerts",
    "/%77atchword/alerts",
    "/-/../watchword/alerts",
    "/assets/../watchword/alerts",
    "/-/message/../../watchword/alerts",
    "/_memory",
    "/_internal",
)
_SECRETS = ("Two drones", "Quay crossed", "me@example.org", "sqlite_version")


@pytest.fixture
def filled(database: sqlite3.Connection, rules: Rules, config: Config) -> Path:
    Newsroom(database, rules).keep(replace(ARTICLE, headline=FORMULA))
    config.store.path.with_name("w.toml").write_text(
        '[[watch]]\nname = "drones"\nquery = "drone"\n'
    )
    return config.store.path


@pytest.fixture
def closed(filled: Path) -> Iterator[str]:
    with open_pages(
        filled, Admission(openness=Openness.CLOSED, password="quay-and-ferry-42")
    ) as url:
        yield url


def test_closed_pages_answer_403_to_every_path(closed: str) -> None:
    with httpx.Client(base_url=closed) as stranger:
        for path in PATHS:
            for accept in ("text/html", "application/json", "*/*"):
                for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"):
                    request = stranger.build_request(method, closed, headers={"accept": accept})
                    request.url = httpx.URL(closed).copy_with(raw_path=path.encode())
                    answer = stranger.send(request)
                    assert answer.status_code == 403, (method, path, answer.status_code)
                    assert not any(secret in answer.text for secret in _SECRETS), path
                    assert "content-security-policy" in answer.headers


def test_a_feed_has_a_secret_address_that_opens_only_this_feed(closed: str, filled: Path) -> None:
    key, all_key = make_feed_key(filled, "drones"), make_feed_key(filled)
    feed = httpx.get(f"{closed}/-/alerts/drones.atom?key={key}")

    assert feed.status_code == 200
    assert "Quay crossed" in feed.text
    assert f"drones.atom?key={key}" in feed.text
    assert httpx.get(f"{closed}/-/alerts.atom?key={all_key}").status_code == 200
    for path in (
        f"/-/alerts.atom?key={key}",
        f"/-/alerts/drones.atom?key={all_key}",
        f"/-/alerts/other.atom?key={key}",
        f"/-/alerts/drones.atom?key={key[:-1]}",
        f"/watchword/alerts?key={key}",
    ):
        assert httpx.get(closed + path).status_code == 403, path


def test_what_a_stranger_needs_to_sign_in_is_open(closed: str) -> None:
    for path in ("/-/login", "/assets/watchword.css", "/assets/watchword.js", "/-/alive"):
        assert httpx.get(closed + path).status_code == 200, path
    page = httpx.get(f"{closed}/stories/1", headers=HTML)
    assert "Sign in" in page.text
    assert 'name="next" value="/stories/1"' in page.text


def test_public_pages_show_no_watches_and_no_alerts(filled: Path) -> None:
    with open_pages(filled, Admission(openness=Openness.PUBLIC)) as url:
        open_paths = {path for path in PATHS if httpx.get(url + path).status_code != 403}

        assert open_paths == {
            "/search?q=drone",
            "/stories/1",
            "/articles/1",
            "/watchword/articles/1",
            "/sources",
            "/sources/courier",
        }
        for path in open_paths:
            assert "/watches" not in httpx.get(url + path).text, path


def test_on_this_machine_everything_but_secrets_can_be_read(filled: Path) -> None:
    with open_pages(filled, Admission()) as url:
        assert "<mark>drones</mark>" in httpx.get(url).text
        assert httpx.get(f"{url}/watchword/alerts").status_code == 200
        for path in ("/watchword/deliveries", "/-/versions.json", "/watchword.db", "/-/metadata"):
            assert httpx.get(url + path).status_code == 403, path
        # no button that a stranger could not use
        assert 'class="acts"' not in httpx.get(url).text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:1", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8001", 421),
        ("192.168.1.2", 421),
    ],
)
def test_a_page_elsewhere_whose_name_leads_here_reads_nothing(
    filled: Path, host: str, status: int
) -> None:
    with open_pages(filled, Admission()) as url:
        assert httpx.get(url, headers={"host": host}).status_code == status


def test_a_proxy_signs_people_in_and_nobody_else_can_state_a_name(filled: Path) -> None:
    ours = Admission(
        openness=Openness.CLOSED,
        proxy_header="Remote-User",
        proxy_addresses=("127.0.0.1",),
        owners=("anna",),
    )
    elsewhere = replace(ours, proxy_addresses=("10.0.0.0/8",))
    with open_pages(filled, ours) as url:
        as_bea = httpx.get(url, headers={"remote-user": "bea"})
        assert (as_bea.status_code, "bea" in as_bea.text) == (200, True)
        private = f"{url}/watchword/deliveries"
        assert httpx.get(private, headers={"remote-user": "bea"}).status_code == 403
        assert httpx.get(private, headers={"remote-user": "anna"}).status_code == 200
        for stated in ("", "root", "x" * 200):
            assert httpx.get(url, headers={"remote-user": stated}).status_code == 403, stated
        for names in (("bea", "anna"), ("anna", "bea")):
            twice = [("remote-user", name) for name in names]
            assert httpx.get(private, headers=twice).status_code == 403, names
    with open_pages(filled, elsewhere) as url:
        forged = {"remote-user": "anna", "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1"}
        assert httpx.get(url, headers=forged).status_code == 403


def test_a_star_needs_a_signed_in_person_and_the_token_of_a_page(filled: Path) -> None:
    proxy = Admission(
        openness=Openness.CLOSED, proxy_header="Remote-User", proxy_addresses=("127.0.0.1",)
    )
    with (
        open_pages(filled, proxy) as url,
        httpx.Client(base_url=url, headers={"remote-user": "bea"}) as bea,
    ):
        place = "/-/stories/1/mark"
        assert bea.post(place, data={"star": "1"}).status_code == 403
        assert bea.post(place, data={"star": "1", "csrftoken": ""}).status_code == 403
        token = bea.get("/").text.split('name="csrftoken" value="')[1].split('"')[0]
        with httpx.Client(base_url=url, headers={"remote-user": "eve"}) as eve:
            assert eve.post(place, data={"star": "1", "csrftoken": token}).status_code == 403
        answer = bea.post(
            place, data={"star": "1", "csrftoken": token}, headers={"accept": "application/json"}
        )
        # no daemon runs: it is noted
        assert (answer.status_code, answer.json()["is_done"]) == (200, None)
    with sqlite3.connect(filled) as database:
        kinds = database.execute("SELECT kind, asked_by FROM requests").fetchall()
    assert kinds == [("star", "web page: bea")]


def test_cells_of_csv_are_no_formulas(filled: Path) -> None:
    with open_pages(filled, Admission()) as url:
        text = httpx.get(f"{url}/watchword/articles.csv").text

    headlines = [row["headline"] for row in csv.DictReader(io.StringIO(text))]
    assert headlines == [f"'{FORMULA}"]


def test_errors_are_pages_of_ours_with_all_headers(filled: Path) -> None:
    with open_pages(filled, Admission()) as url:
        for path in (
            "/no-such-page",
            "/watchword/no_table",
            "/stories/999999",
            "/watchword/articles/0",
        ):
            answer = httpx.get(url + path, headers=HTML, follow_redirects=True)
            assert (answer.status_code, "There is no page here" in answer.text) == (404, True), path
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
