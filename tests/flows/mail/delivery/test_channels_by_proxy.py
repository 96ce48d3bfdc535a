"""Webhooks and Apprise channels behind a company's proxy: the same exceptions, and errors that name whose fault it is."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from crawler.config.sections.fetch import FetchSettings
from crawler.config.sections.tls import TlsSettings
from tests.fakes import FakeMailbox
from tests.flows.mail.delivery.test_channels import WATCH, Endpoint, add_channel, states
from tests.flows.mail.test_digests import Office, open_office
from tests.newsroom import make_story
from tests.servers.forward_proxy import ForwardProxy
from watchword.web.ports import find_free_port

pytestmark = pytest.mark.usefixtures("forked_crawls")

LOGIN = "Basic ZGVzazpwQHNz"
SECRETS = ("p@ss", "p%40ss", "ZGVzazpwQHNz", "hush-hush")
KINDS = [
    pytest.param("webhook", "http://hook.example/hush-hush", id="webhook"),
    pytest.param("apprise", "json://hook.example/hush-hush", id="apprise"),
]
SAFE_KINDS = [
    pytest.param("webhook", "https://hook.example/hush-hush", id="webhook"),
    pytest.param("apprise", "jsons://hook.example/hush-hush", id="apprise"),
]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as opened:
        yield opened


@pytest.fixture
def proxy(endpoint: Endpoint) -> Iterator[ForwardProxy]:
    ports = {"hook.example": endpoint.port, "hook.example:443": endpoint.port}
    with ForwardProxy(ports=ports) as opened:
        yield opened


def go_by(office: Office, url: str, *no_proxy: str, ca_file: Path | None = None) -> None:
    fetch = FetchSettings(proxy=url, no_proxy=no_proxy)
    update = {"fetch": fetch, "tls": TlsSettings(ca_file=ca_file)}
    office.config = office.config.model_copy(update=update)


def with_login(proxy: ForwardProxy) -> str:
    return proxy.url.replace("http://", "http://desk:p%40ss@")


def answer_of(office: Office) -> str:
    return str(office.database.execute("SELECT answer FROM deliveries").fetchone()[0])


@pytest.mark.parametrize(("kind", "url"), KINDS)
def test_a_channel_is_reached_through_the_proxy(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint, proxy: ForwardProxy, kind: str, url: str
) -> None:  # fmt: skip
    proxy.login = LOGIN
    with open_office(tmp_path, mailbox, WATCH) as office:
        go_by(office, with_login(proxy))
        add_channel(office, kind=kind, url=url)
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "sent"}

    assert [one.target for one in proxy.passed] == ["http://hook.example/hush-hush"]
    assert "proxy-authorization" not in endpoint.posts[0][0]


@pytest.mark.parametrize(("kind", "url"), SAFE_KINDS)
def test_a_channel_over_https_is_reached_through_a_tunnel(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint, proxy: ForwardProxy, kind: str, url: str
) -> None:  # fmt: skip
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.example").configure_cert(context)
    endpoint._server.socket = context.wrap_socket(endpoint._server.socket, server_side=True)
    proxy.login = LOGIN
    with open_office(tmp_path, mailbox, WATCH) as office:
        go_by(office, with_login(proxy), ca_file=tmp_path / "ca.pem")
        add_channel(office, kind=kind, url=url)
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "sent"}

    assert [one.target for one in proxy.passed] == ["hook.example:443"]
    assert "proxy-authorization" not in endpoint.posts[0][0]


@pytest.fixture
def misleading_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{find_free_port()}")


@pytest.mark.usefixtures("misleading_environment")
@pytest.mark.parametrize("no_proxy", [(), ("127.0.0.1",), ("127.0.0.0/8",), ("*",)])
@pytest.mark.parametrize("kind", ["webhook", "apprise"])
def test_an_excepted_channel_is_reached_directly_whatever_the_environment_says(
    tmp_path: Path, mailbox: FakeMailbox, endpoint: Endpoint, proxy: ForwardProxy,
    kind: str, no_proxy: tuple[str, ...],
) -> None:  # fmt: skip
    scheme = "http" if kind == "webhook" else "json"
    with open_office(tmp_path, mailbox, WATCH) as office:
        go_by(office, with_login(proxy), *no_proxy)
        add_channel(office, kind=kind, url=f"{scheme}://127.0.0.1:{endpoint.port}/in")
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "sent"}

    assert proxy.passed == []
    assert "proxy-authorization" not in endpoint.posts[0][0]


@pytest.mark.parametrize("kind", ["webhook", "apprise"])
def test_an_excepted_name_is_not_requested_from_the_proxy(
    tmp_path: Path, mailbox: FakeMailbox, proxy: ForwardProxy, kind: str
) -> None:
    scheme = "http" if kind == "webhook" else "json"
    with open_office(tmp_path, mailbox, WATCH) as office:
        go_by(office, proxy.url, ".invalid")
        add_channel(office, kind=kind, url=f"{scheme}://hook.invalid/in")
        office.newsroom.keep(make_story(1))
        office.tick()
        assert states(office) == {"hook": "pending"}

    assert proxy.passed == []


PLAIN, SAFE = "://hook.example/hush-hush", "s://hook.example/hush-hush"
TROUBLES = [
    ("refused", PLAIN, "cannot be reached"),
    ("refused", SAFE, "cannot be reached"),
    ("login", PLAIN, "wants a login"),
    ("login", SAFE, "407"),
    # over plain http the proxy's answer looks like one of the receiver
    ("gateway", SAFE, "does not let us through"),
]


@pytest.mark.parametrize(("trouble", "url", "words"), TROUBLES)
@pytest.mark.parametrize("kind", ["webhook", "apprise"])
def test_a_proxy_that_fails_is_named_and_the_message_waits(
    tmp_path: Path, mailbox: FakeMailbox, kind: str, trouble: str, url: str, words: str
) -> None:
    refuses: dict[str, int | bytes] = {"hook.example": 503} if trouble == "gateway" else {}
    login = "Basic another" if trouble == "login" else ""
    with (
        open_office(tmp_path, mailbox, WATCH) as office,
        ForwardProxy(login=login, refuses=refuses) as proxy,
    ):
        refused = f"http://desk:p%40ss@127.0.0.1:{find_free_port()}"
        go_by(office, refused if trouble == "refused" else with_login(proxy))
        add_channel(office, kind=kind, url=("http" if kind == "webhook" else "json") + url)
        office.newsroom.keep(make_story(1))
        office.tick()
        answer = answer_of(office)
        assert states(office) == {"hook": "pending"}

    assert "the proxy" in answer
    assert words in answer or (words == "407" and "wants a login" in answer)
    assert not any(secret in answer for secret in SECRETS)


def test_the_answer_of_a_proxy_is_distinguished_from_that_of_a_webhook(
    tmp_path: Path, mailbox: FakeMailbox
) -> None:
    with open_office(tmp_path, mailbox, WATCH) as office, ForwardProxy() as proxy:
        go_by(office, proxy.url)
        add_channel(office, kind="webhook", url="http://nobody.example/in")
        office.newsroom.keep(make_story(1))
        office.tick()
        answer = answer_of(office)

    assert f"the proxy 127.0.0.1:{proxy.port} does not let us through to the webhook: 503" in answer
