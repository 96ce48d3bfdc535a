"""The port of the web pages: taken, free, on IPv6, or answered by another program."""

import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from crawler.storage.file.database import open_for_writing
from crawler.storage.file.migrations.schema import migrate
from watchword.web.ports import find_free_port, find_port_problem, find_web_pid
from watchword.web.server import BoundProcess, wait_until_open

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    with closing(open_for_writing(tmp_path / "w.db")) as connection:
        migrate(connection)
    file = tmp_path / "w.toml"
    file.write_text(f'[store]\npath = "{tmp_path}/w.db"\n')
    return file


def command(config: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "watchword", "--config", str(config), *arguments]


@contextmanager
def running(config: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(config, *arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()


def read_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """Return the lines a process prints, up to the first one that contains the words."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"it ended: {lines}")


@pytest.fixture
def stranger() -> Iterator[int]:
    """Yield the port of another program's server, which answers every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_browse_names_a_taken_port_and_the_remedy_and_prints_no_address(
    config: Path, stranger: int
) -> None:
    done = subprocess.run(
        command(config, "browse", "--port", str(stranger)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == f"Error: port {stranger} is taken; --port 0 takes a free one\n"
    assert done.stdout == ""


def test_a_daemon_whose_web_pages_get_no_port_continues_and_logs_it_once(
    config: Path, stranger: int
) -> None:
    with running(config, "run", "--browse", "--port", str(stranger)) as daemon:
        lines = read_until(daemon, f"port {stranger} is taken")
        expected = f'web pages ended reason="port {stranger} is taken; --port 0 takes a free one"'
        assert expected in lines[-1]
        assert daemon.poll() is None


def test_a_daemon_can_take_a_free_port_too(config: Path) -> None:
    with running(config, "run", "--quiet", "--browse", "--port", "0") as daemon:
        url = read_until(daemon, "Web pages: ")[-1].split()[-1]
        assert not url.endswith(":0/")
        with urllib.request.urlopen(f"{url}-/alive", timeout=PATIENCE_SECONDS) as answer:
            assert answer.read() == b"alive\n"


@pytest.mark.skipif(bool(find_port_problem("::1", 0)), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_browse_listens_on_ipv6_and_logs_no_request(config: Path, host: str) -> None:
    with running(config, "browse", "--host", host, "--port", "0", "--root") as browse:
        lines = read_until(browse, "Sign in")
        url = lines[-2].split()[-1]
        assert url.startswith("http://[::1]:")
        assert f"{url}-/auth-token?token=" in lines[-1]
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200
        port = int(url.split(":")[-1].strip("/"))
        by = find_web_pid("::1", port)
        assert (by > 0, find_port_problem(host, port)) == (
            True,
            f"port {port} is taken by other web pages of Watchword (process {by}); --port 0 takes a free one",
        )
        browse.terminate()
        assert browse.stdout is not None
        assert browse.stdout.read() == "Closed.\n"


def test_a_server_of_another_program_is_not_taken_for_the_web_pages(stranger: int) -> None:
    assert find_web_pid("127.0.0.1", stranger) == 0
    assert find_web_pid("127.0.0.1", find_free_port()) == 0


def test_other_instances_of_the_web_pages_are_not_taken_for_the_child(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(config, "browse", "--port", "0") as browse:
        port = int(read_until(browse, "Web pages: ")[-1].rstrip("/\n").rpartition(":")[2])
        wait_until_open("127.0.0.1", port)
        monkeypatch.setattr("watchword.web.server._OPEN_SECONDS", 0.5)
        with BoundProcess(["sleep", "60"], stdin=subprocess.PIPE) as other:
            with pytest.raises(TimeoutError, match="did not answer"):
                wait_until_open("127.0.0.1", port, child=other)
            other.kill()


def test_the_end_of_the_process_ends_the_wait() -> None:
    with (
        BoundProcess(["sh", "-c", "exit 3"], stdin=subprocess.PIPE) as child,
        pytest.raises(TimeoutError, match="ended with code 3"),
    ):
        wait_until_open("127.0.0.1", find_free_port(), child=child)


def test_free_ports_are_never_given_to_outgoing_connections() -> None:
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(ephemeral.read_text().split()[0]) if ephemeral.exists() else 49_152
    ports = [find_free_port() for _ in range(50)]
    assert max(ports) < lowest
    assert len(set(ports)) > 40


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    assert find_port_problem(host, 0).startswith(f"{host} is not an address of this machine")


def test_a_port_with_a_socket_that_never_answers_counts_as_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert find_port_problem("127.0.0.1", port).startswith(f"port {port} is taken;")
