"""What ``doctor`` says of the port of the health pages: free, taken, or no port of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.clock import utc_now
from crawler.storage.file.instance_lock import InstanceLock
from tests.conftest import make_config
from watchword.doctor.findings import Finding, Verdict
from watchword.doctor.machine.port_health import port_looks
from watchword.web.ports import find_free_port


def look(tmp_path: Path, listen: str, *, minutes: int = 0) -> Finding:
    config = make_config(tmp_path, health={"listen": listen})
    ((subject, check),) = port_looks(config, now=utc_now() + timedelta(minutes=minutes))
    found = check()
    assert found.subject == subject
    return found


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Answer each connection with the same bytes; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def write_answer(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (
        status,
        len(body),
        body,
    )


def test_without_the_setting_nothing_is_said(tmp_path: Path) -> None:
    assert port_looks(make_config(tmp_path), now=utc_now()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost", "[::1]"])
def test_a_free_port_is_well(host: str, tmp_path: Path) -> None:
    found = look(tmp_path, f"{host}:{find_free_port(host)}")

    assert found.verdict is Verdict.OK
    assert found.summary.endswith("is free")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        write_answer(b"<html>"),
        write_answer(b"[" * 60_000),
        write_answer(b"[1]"),
        write_answer(b'{"pid": null}'),
        write_answer(b'{"pid": "1"}'),
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_port_of_another_program_is_said(answer: bytes, tmp_path: Path) -> None:
    with answering(answer) as port:
        found = look(tmp_path, f"127.0.0.1:{port}")

    assert found.verdict is Verdict.LOOK
    assert f"nobody can listen on 127.0.0.1:{port}: " in found.summary
    assert "in use" in found.summary


@pytest.mark.parametrize("status", [b"200 OK", b"503 Service Unavailable"])
def test_another_daemon_that_has_the_port_is_named(status: bytes, tmp_path: Path) -> None:
    with (
        answering(write_answer(b'{"pid": 4194305}', status)) as port,
        InstanceLock(tmp_path / "watchword.db"),
    ):
        found = look(tmp_path, f"127.0.0.1:{port}")

    assert found.verdict is Verdict.LOOK
    assert "taken by another daemon of Watchword (process 4194305)" in found.summary


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid", "a..b"])
def test_an_address_that_is_not_of_this_machine_is_said(host: str, tmp_path: Path) -> None:
    found = look(tmp_path, f"{host}:9464")

    assert found.verdict is Verdict.LOOK
    assert f"nobody can listen on {host}:9464: " in found.summary


def test_a_daemon_that_does_not_listen_is_said_once_it_had_the_time(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{find_free_port()}"
    with InstanceLock(tmp_path / "watchword.db"):
        starting, started = look(tmp_path, listen), look(tmp_path, listen, minutes=2)

    assert starting.verdict is Verdict.OK
    assert started.verdict is Verdict.LOOK
    assert f"does not listen on {listen}" in started.summary
