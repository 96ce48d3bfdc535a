"""The log of the web pages' process: what was counted and not yet written is written when it ends."""

import signal
import socket
from pathlib import Path

import pytest

from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from watchword.web.ports import find_free_port
from watchword.web.server import start_web_pages, wait_until_open

NO_REQUEST = "Invalid HTTP request received."


@pytest.mark.parametrize("way", ["signal", "parent"])
def test_the_last_counts_are_written_at_the_end(way: str, tmp_path: Path) -> None:
    migrate(connection := open_for_writing(tmp_path / "w.db"))
    connection.close()
    (tmp_path / "w.toml").write_text(f'[store]\npath = "{tmp_path}/w.db"\n')
    port = find_free_port()
    with (tmp_path / "log").open("wb") as log:
        web = start_web_pages(tmp_path / "w.db", tmp_path / "w.toml", port=port, stderr=log)
        wait_until_open("127.0.0.1", port, child=web)
        for _ in range(3):
            say_no_request(port)

        if way == "signal":
            web.terminate()
        elif web.stdin is not None:
            web.stdin.close()
        code = web.wait(60)

    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 2
    assert lines[0].endswith(NO_REQUEST)
    assert f"{NO_REQUEST} repeated=2 " in lines[1]
    assert code == -signal.SIGTERM


def say_no_request(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01 no request\r\n\r\n")
        while connection.recv(1000):
            pass
