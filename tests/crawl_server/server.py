"""A server that has loaded the crawl process, all its parse pool needs, the web pages and the command line, and forks one for each test that asks.

    python -m tests.crawl_server.server SOCKET

Loading takes three seconds of processor time (web pages one and a half, a command half a second), a visit to a test's site a
third of a second, and hundreds of tests make visits. A forked process gets the descriptors, environment, folder and arguments of the process that would have been started;
``sitecustomize`` sends them. Tests about processes (the daemon itself in tests/daemon, the pool in tests/flows) start real ones.
The server ends when its standard input does, and its children with it.
"""

import array
import contextlib
import ctypes
import fcntl
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
from dataclasses import dataclass, field
from typing import Any

_BOUND_PROCESS = "crawler.machine.processes.bound_process"
_MAINS = {
    "crawler": "crawler.__main__",
    "crawler.alerting.channels.apprise_process": "crawler.alerting.channels.apprise_process",
    "crawler.flows.process.parse_pool.fork_server": "crawler.flows.process.parse_pool.fork_server",
    _BOUND_PROCESS: _BOUND_PROCESS,
    "tests.cluster.one_process": "tests.cluster.one_process",
    "tests.servers.imap_twisted": "tests.servers.imap_twisted",
    "tests.spiders.network.edge_child": "tests.spiders.network.edge_child",
    "watchword": "watchword.__main__",
}
# runs as ``__main__``, which must not be imported before; what it imports may be
_WEB_PAGES = "watchword.web.datasette_process"
_PRELOADED = (
    "crawler.extract.preload",
    "crawler.flows.process.parse_pool.understanding",
    *_MAINS.values(),
    _WEB_PAGES,
    *(f"watchword.web.plugins.{name}" for name in ("messages", "login", "web_pages")),
    "uvicorn.protocols.http.auto",
    "uvicorn.lifespan.on",
    "babel.dates",
)
_MOST_DESCRIPTORS = 100
# descriptors are moved above this number while those below it are closed
_ABOVE = 500
_PR_SET_PDEATHSIG = 1


class Forked(Exception):
    """Raised in a forked process, to leave the server's loop and become the process that was asked for."""

    def __init__(self, order: dict[str, Any], descriptors: list[int]) -> None:
        super().__init__(order["module"])
        self.order = order
        self.descriptors = descriptors


@dataclass
class CrawlServer:
    """Forks processes, and reports to each client how its process ended."""

    listener: socket.socket
    clients: dict[socket.socket, int] = field(default_factory=dict)

    def serve(self) -> None:
        """Serve until standard input ends."""
        woken, wakes = os.pipe()
        for end in (woken, wakes):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        while True:
            watched: list[int | socket.socket] = [0, woken, self.listener, *self.clients]
            ready, _, _ = select.select(watched, [], [])
            if 0 in ready:
                break
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 1024)
                self._report_ends()
            if self.listener in ready:
                self._fork(self.listener.accept()[0])
            for client in self.clients.keys() & {*ready}:
                self._forward(client)
        for child in self.clients.values():
            self._kill(child)

    def _forward(self, client: socket.socket) -> None:
        """Send a process the signals that its client received; if the client was killed, kill the process too."""
        try:
            numbers = client.recv(64)
        except ConnectionError:
            numbers = b""
        if not numbers:
            self._kill(self.clients.pop(client))
            client.close()
        for number in numbers:
            os.kill(self.clients[client], number)

    def _kill(self, child: int) -> None:
        for kill in (
            os.killpg,
            os.kill,
        ):  # also by pid: a child just forked has no group of its own yet
            with contextlib.suppress(ProcessLookupError):
                kill(child, signal.SIGKILL)

    def _report_ends(self) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not child:
                return
            for client, known in tuple(self.clients.items()):
                if known == child:
                    with contextlib.suppress(OSError):
                        client.sendall(status.to_bytes(4, "big"))
                    client.close()
                    del self.clients[client]

    def _fork(self, client: socket.socket) -> None:
        order, descriptors = _read_order(client)
        child = os.fork()
        if not child:
            raise Forked(order, descriptors)
        for number in descriptors:
            os.close(number)
        with contextlib.suppress(OSError):
            client.sendall(child.to_bytes(4, "big"))
        self.clients[client] = child


def _read_order(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    space = socket.CMSG_SPACE(_MOST_DESCRIPTORS * array.array("i").itemsize)
    head, ancillary, _, _ = client.recvmsg(4, space)
    numbers = array.array("i")
    for _, _, data in ancillary:
        numbers.frombytes(data)
    body, length = b"", int.from_bytes(head, "big")
    while len(body) < length:
        body += client.recv(length - len(body))
    return json.loads(body), list(numbers)


def _take_place(order: dict[str, Any], descriptors: list[int]) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid() if order["is_leader"] else os.setpgid(0, 0)
    kept = [fcntl.fcntl(number, fcntl.F_DUPFD, _ABOVE) for number in descriptors]
    os.closerange(0, _ABOVE)
    for number, wanted in zip(kept, order["descriptors"], strict=True):
        os.dup2(number, wanted)
        os.close(number)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv[:] = [order["module"], *order["arguments"]]
    if order["module"] == _BOUND_PROCESS:
        # web pages state their process id, and their parent waits for that of the process it started
        os.getpid = lambda: int(order["pid"])
    random.seed()


def main() -> None:
    """Report on standard output that orders can be sent, load everything, and serve."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for module in _PRELOADED:
        importlib.import_module(module)
    del sys.modules[_WEB_PAGES]
    # it loads its plug-ins with the first address; without it, its process says so
    with contextlib.suppress(ImportError):
        importlib.import_module("apprise").Apprise("json://127.0.0.1")
    gc.collect()
    gc.freeze()
    try:
        CrawlServer(listener).serve()
    except Forked as forked:
        order, descriptors = forked.order, forked.descriptors
    else:
        return
    # here, outside the server's frames, the child ends as any process does, and no destructor closes a reused descriptor
    listener.detach()
    _take_place(order, descriptors)
    importlib.import_module(_MAINS[order["module"]]).main()


if __name__ == "__main__":
    main()
