"""Other transports: webhooks and Apprise, against real endpoints on loopback."""

import base64
import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from crawler.config.sections.mail import ChannelSettings
from tests.fakes import FakeMailbox, silent_port
from tests.flows.mail.test_digests import Office, open_office
from tests.newsroom import make_story
from watchword.web.ports import find_free_port

pytestmark = pytest.mark.usefixtures("forked_crawls")

SECRET = "a-secret-nobody-should-read"


@dataclass
class Endpoint:
    """An address that accepts what is posted to it; ``status`` is its answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                endpoint.posts.append((headers, body))
                self.send_response(endpoint.status)
                self.send_header("Content-Length", "0")
                for name, value in endpoint.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as opened:
        yield opened


def add_channel(office: Office, **settings: Any) -> None:
    """Add a channel to the configuration in force."""
    channel = ChannelSettings(**{"name": "hook", **settings})
    office.config = office.config.model_copy(update={"channels": (channel,)})
    office.delivery_worker.use_config(office.config)


WATCH = {"name": "drones", "channels": ("hook",)}


def states(office: Office) -> dict[str, str]:
    return dict(office.database.execute("SELECT recipient, state FROM deliveries").fetchall())


def test_a_webhook_gets_the_alert_as_signed_json(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint
) -> None:
    with open_office(tmp_path, mailbox, WATCH) as office:
        add_channel(office, url=f"http://127.0.0.1:{endpoint.port}/in", secret=SECRET)
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "sent"}
        stored = office.database.execute("SELECT message_id FROM deliveries").fetchone()[0]

    (headers, body), posted = endpoint.posts[0], json.loads(endpoint.posts[0][1])
    assert posted["id"] == stored.strip("<>")
    assert posted["kind"] == "alert"
    assert posted["alerts"][0]["headline"] == "Story 1"
    start, end = posted["alerts"][0]["snippet_marks"][0]
    assert posted["alerts"][0]["snippet"][start:end] == "drone"
    seconds, message = headers["webhook-timestamp"], headers["webhook-id"]
    signed = f"{message}.{seconds}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())
    assert headers["webhook-signature"] == f"v1,{expected.decode()}"
    assert "." not in message
    assert "watchword-signature" not in headers
    assert mailbox.messages == []


def test_a_webhook_is_tried_again_and_one_that_is_gone_is_not(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint
) -> None:
    with open_office(tmp_path, mailbox, WATCH) as office:
        add_channel(office, url=f"http://127.0.0.1:{endpoint.port}/in")
        endpoint.status = 503
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "pending"}
        endpoint.status = 204
        office.advance(minutes=2)
        assert states(office) == {"hook": "sent"}
        endpoint.status = 410
        office.newsroom.keep(make_story(2))
        office.tick()
        dead = office.database.execute(
            "SELECT answer FROM deliveries WHERE state = 'dead'"
        ).fetchall()

    assert [row[0] for row in dead] == ["the webhook answered 410, it is gone"]
    ids = [json.loads(body)["id"] for _, body in endpoint.posts]
    names = [headers["webhook-id"] for headers, _ in endpoint.posts]
    times = [int(headers["webhook-timestamp"]) for headers, _ in endpoint.posts]
    assert ids[0] == ids[1] != ids[2]
    assert names[0] == names[1] != names[2]
    assert times[1] - times[0] == 120


def test_retry_after_of_a_webhook_is_respected(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint
) -> None:
    with open_office(tmp_path, mailbox, WATCH) as office:
        add_channel(office, url=f"http://127.0.0.1:{endpoint.port}/in")
        endpoint.status, endpoint.headers = 429, {"Retry-After": "1800"}
        office.newsroom.keep(make_story(1))
        office.tick()
        office.advance(minutes=29)
        assert len(endpoint.posts) == 1
        endpoint.status = 200
        office.advance(minutes=2)

        assert states(office) == {"hook": "sent"}
    assert len(endpoint.posts) == 2


def test_a_channel_that_hangs_holds_up_no_mail(tmp_path: Path, mailbox: FakeMailbox) -> None:
    watch = {**WATCH, "to": ("me@example.org",)}
    with open_office(tmp_path, mailbox, watch, timeout="1s") as office:
        with_nobody = f"http://127.0.0.1:{find_free_port()}/in"
        add_channel(office, url=with_nobody)
        for number in range(6):
            office.newsroom.keep(make_story(number))
        office.tick()

    assert len(mailbox.messages) == 6


def test_an_apprise_channel_gets_subject_and_text(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint
) -> None:
    with open_office(tmp_path, mailbox, WATCH) as office:
        add_channel(office, kind="apprise", url=f"json://127.0.0.1:{endpoint.port}/push")
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "sent"}

    posted = json.loads(endpoint.posts[0][1])
    assert posted["title"] == "drones: Story 1"
    assert posted["message"].splitlines()[1] == "https://courier.org/1"
    assert "drone" in posted["message"].splitlines()[0]


def test_an_apprise_channel_that_refuses_is_tried_again_and_its_address_is_not_shown(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with open_office(tmp_path, mailbox, WATCH) as office:
        add_channel(office, kind="apprise", url=f"json://{SECRET}@127.0.0.1:{endpoint.port}/push")
        endpoint.status = 500
        office.newsroom.keep(make_story(1))
        office.tick()
        row = office.database.execute("SELECT state, answer FROM deliveries").fetchone()

    assert tuple(row) == ("pending", "JSON answered 500: Internal Server Error")
    assert SECRET not in caplog.text


def test_secrets_are_in_no_repr_and_not_in_the_crawl_process(tmp_path: Path) -> None:
    channel = ChannelSettings(name="hook", url=f"https://x.org/{SECRET}", secret=SECRET)

    assert SECRET not in repr(channel)


def test_a_message_to_a_removed_channel_stays_pending_with_the_reason(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, WATCH) as office:
        office.newsroom.keep(make_story(1))
        office.tick()
        row = office.database.execute("SELECT state, answer FROM deliveries").fetchone()

    assert tuple(row) == ("pending", 'no [[channel]] has the name "hook" any more')


def test_a_webhook_that_never_answers_is_given_up_in_time(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with silent_port() as port, open_office(tmp_path, mailbox, WATCH, timeout="1s") as office:
        add_channel(office, url=f"http://127.0.0.1:{port}/in")
        office.newsroom.keep(make_story(1))
        office.tick()
        row = office.database.execute("SELECT state, answer FROM deliveries").fetchone()

    assert row["state"] == "pending"
    assert "within 1 s" in row["answer"] or "could not be reached" in row["answer"]
