"""The edge of the network: names that move, both kinds of addresses, answers made to fill memory, certificates."""

import asyncio
import contextlib
import datetime
import gzip
import ipaddress
import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes import FakeSite, Reply, article_page
from tests.spiders.test_crawl import DRONES, PROSE, configure, crawl, rows, settings
from watchword.web.ports import find_free_port

ROOT = Path(__file__).resolve().parents[3]
BOMB_BYTES = 400_000_000


async def play(scenario: str, port: int) -> Any:
    """Run a scenario of edge_child.py in a process of its own."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.spiders.network.edge_child", scenario, str(port),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    answers, complaints = await child.communicate()
    assert child.returncode == 0, complaints.decode()
    assert answers, complaints.decode()
    return json.loads(answers)


class PlacedSite(FakeSite):
    """A site at one address, IPv4 or IPv6, and a port of our choice."""

    def __init__(self, host: str, port: int = 0) -> None:
        super().__init__()
        self._server.server_close()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        server = type("Server", (ThreadingHTTPServer,), {"address_family": family})
        self._host = f"[{host}]" if ":" in host else host
        self._server = server((host, port), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._server.server_port}"

    @property
    def port(self) -> int:
        return int(self._server.server_port)


@contextlib.contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve raw bytes; ``answer`` is called with each connection once its request has come."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                answer(connection)

        def listen() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


async def test_a_site_that_moved_is_requested_at_its_new_address_after_one_failure() -> None:
    with PlacedSite("127.0.0.2") as site:
        site.pages["/"] = Reply(b"the new house")

        before, after, looked_up = await play("moved", site.port)

    assert before == "FetchFailed: the connection was refused"
    assert after == "the new house"
    assert looked_up == ["news.example", "news.example"]


async def test_a_site_that_moved_is_followed_within_five_minutes_although_the_old_one_answers() -> (
    None
):
    with PlacedSite("127.0.0.1") as old, PlacedSite("127.0.0.2", old.port) as new:
        old.pages["/"], new.pages["/"] = Reply(b"old"), Reply(b"new")

        answers = await play("moved_quietly", old.port)

    assert answers == ["old", "old", "new"]


@pytest.mark.parametrize("alive", ["127.0.0.1", "::1"])
async def test_one_dead_address_does_not_make_a_site_unreadable(alive: str) -> None:
    with PlacedSite(alive) as site:
        site.pages["/"] = Reply(b"here")

        answers = await play("both_families", site.port)

    assert answers == ["here", "here"]


async def test_a_site_with_an_ipv6_address_only_goes_through_the_whole_crawl(
    tmp_path: Path,
) -> None:
    with PlacedSite("::1") as site:
        site.put_article("/a", "Ferry Leaves Late", PROSE, DRONES)
        site.put_feed("/rss", "/a")
        config = configure(
            tmp_path,
            settings(f"{site.url}/rss"),
            settings(f"http://[0:0::1]:{site.port}/rss", name="closed", allow_private=False),
        )

        await crawl(config)

    assert rows(config, "SELECT headline FROM articles") == [("Ferry Leaves Late",)]
    reason = str(rows(config, "SELECT last_failure FROM sources WHERE name = 'closed'")[0][0])
    assert "allow_private = true" in reason


async def test_private_addresses_are_refused_with_the_reason_and_never_requested() -> None:
    with FakeSite() as site:
        answers = await play("refused", int(site.url.rpartition(":")[2]))

    assert site.asked == []
    assert [line.partition(":")[0] for line in answers] == [*["AddressRefused"] * 6, "FetchFailed"]
    assert answers[0].startswith("AddressRefused: inside.example is 10.0.0.1, an address of this")
    assert "cannot be resolved" in answers[6]


async def test_endless_headers_are_cut_off_and_memory_does_not_grow() -> None:
    sent: list[int] = []

    def bomb(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        line, count = b"X-A: " + b"a" * 60_000 + b"\r\n", 0
        try:
            while count < BOMB_BYTES:
                connection.sendall(line)
                count += len(line)
        finally:
            sent.append(count)

    with serving(bomb) as port:
        found = await play("ask_all", port)

    assert set(found["answers"]) == {
        "FetchFailed: the answer's headers were larger than 256 KB or had more than 500 lines"
    }
    assert found["grown_mb"] < 40
    assert max(sent) < BOMB_BYTES / 10


@pytest.mark.parametrize(
    "bomb",
    [
        b"X-A: " + b"a" * 300_000,  # one line
        b"X: y\r\n" * 600,  # many lines
        b"X-A: y\r\n" + b" folded\r\n" * 600,
    ],
)
async def test_endless_headers_of_every_shape_are_cut_off(bomb: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + bomb)
        connection.recv(1)

    with serving(answer) as port:
        found = await play("ask_all", port)

    assert all("headers were larger" in answer for answer in found["answers"])


async def test_endless_informational_answers_are_cut_off_too() -> None:
    def answer(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000)

    with serving(answer) as port:
        found = await play("ask_all", port)

    assert all("headers were larger" in answer for answer in found["answers"])


@pytest.mark.parametrize("tail", [b"1;" + b"x=y;" * 300, b"0\r\n" + b"T: y\r\n" * 20_000])
async def test_chunks_with_endless_extensions_or_trailers_are_cut_off(tail: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + tail)
        connection.recv(1)

    with serving(answer) as port:
        found = await play("ask_all", port)

    assert all("broke off" in answer for answer in found["answers"])


async def test_a_long_header_is_read(site: FakeSite, tmp_path: Path) -> None:
    policy = "script-src " + " ".join(f"https://s{number}.cdn.example" for number in range(2000))
    site.pages["/a"] = Reply(
        article_page("Ferry Leaves Late", PROSE, DRONES),
        headers={"Content-Security-Policy": policy},
    )
    site.put_feed("/rss", "/a")
    config = configure(tmp_path, settings(f"{site.url}/rss"))

    await crawl(config)

    assert rows(config, "SELECT headline FROM articles") == [("Ferry Leaves Late",)]


async def test_answers_in_memory_stay_within_the_budget_and_none_fails() -> None:
    with FakeSite() as site:
        site.pages["/big"] = Reply(b"x" * 700_000)

        found = await play("ask_much", int(site.url.rpartition(":")[2]))

    assert found["sizes"] == [700_000] * 24
    # the limit, one answer over it, and what the sockets had already read
    assert found["most"] < 2_000_000 + 700_000 + 24 * 65_536
    assert found["left"] == 0


async def test_an_answer_that_unpacks_to_more_than_the_free_space_waits(site: FakeSite) -> None:
    packed = gzip.compress(b"x" * 900_000)
    site.pages["/big"] = Reply(packed, headers={"Content-Encoding": "gzip"})

    found = await play("ask_much", int(site.url.rpartition(":")[2]))

    assert found["sizes"] == [900_000] * 24
    assert found["most"] < 2_000_000 + 1_000_000 + 24 * 2000
    assert found["left"] == 0


@pytest.mark.parametrize("is_packed", [False, True])
async def test_an_answer_that_is_too_large_is_reported_as_such(
    site: FakeSite, tmp_path: Path, is_packed: bool
) -> None:
    bomb = b"<rss>" + b"x" * 5_000_000
    headers = {"Content-Encoding": "gzip"} if is_packed else {}
    site.pages["/rss"] = Reply(gzip.compress(bomb) if is_packed else bomb, headers=headers)
    config = configure(tmp_path, settings(f"{site.url}/rss"), max_size="1MB")

    await crawl(config)

    assert rows(config, "SELECT last_failure FROM sources") == [
        ("the answer was larger than [fetch] max_size allows",)
    ]


def write_certificate(folder: Path, *, name: str, days: int) -> Path:
    """Write a key and a certificate signed by itself, valid from two days before the stated one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=2))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "site.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("name", "days", "is_trusted", "reason"),
    [
        (
            "news.example",
            1,
            False,
            "the certificate of news.example is signed by nobody trusted here (it is signed by itself); [tls] ca_file adds a certificate authority",
        ),
        ("news.example", -1, True, "the certificate was not accepted: it has expired"),
        ("news.example", 9, True, "the certificate was not accepted: it is not valid yet"),
        (
            "other.example",
            1,
            True,
            "the certificate was not accepted: it is issued for another name",
        ),
        ("news.example", 1, True, None),
    ],
)
async def test_a_certificate_that_is_not_accepted_is_reported_with_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int, is_trusted: bool, reason: str | None
) -> None:  # fmt: skip
    path = write_certificate(tmp_path, name=name, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with PlacedSite("127.0.0.1") as site:
        site.pages["/"] = Reply(b"safe")
        site._server.socket = context.wrap_socket(site._server.socket, server_side=True)

        answers = await play("ask_safely", site.port)

    expected = "safe" if reason is None else f"FetchFailed: {reason}"
    assert answers == expected


async def test_a_server_without_tls_is_reported_as_such() -> None:
    with PlacedSite("127.0.0.1", find_free_port()) as site:
        answers = await play("ask_safely", site.port)

    assert answers.startswith("FetchFailed: no encrypted connection could be made: ")
