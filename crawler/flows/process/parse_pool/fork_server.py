"""The processes of the parse pool: a fork server that has loaded everything, and the workers forked from it.

Started as ``python -m crawler.flows.process.parse_pool.fork_server ORDERS REPORTS MEMORY_BYTES``; ORDERS and REPORTS are sockets.

    orders   each byte comes with a file: ``w``, a socket: fork a worker that talks through it; ``s``, a file with the watches
             that workers forked from then on have. The end of orders: kill the workers and exit
    reports  (process id, wait status) of each worker that ended, so that the true cause can be named

A worker reads and writes frames (see ``frames``): CALL in; HELLO once, then TAKEN, any LINEs, and RESULT or ERROR out. Parents and
children end with each other: a worker is killed when the fork server dies, the fork server ends when the crawl process
does, and neither holds a file or pipe of the crawl process.
"""

import contextlib
import ctypes
import gc
import importlib
import logging
import os
import pickle
import resource
import select
import signal
import socket
import sys
import traceback
from pathlib import Path

from crawler.errors import WatchwordError
from crawler.flows.process.parse_pool.frames import HEADER, REPORT, WATCHES, Kind, pack
from crawler.flows.process.parse_pool.watches import put_in_force
from crawler.logs.handed_on import HandingOn
from crawler.matching.analysis.word_memory import WordFile

_PRELOADED = ("crawler.extract.preload", "crawler.flows.process.parse_pool.understanding")
# what they log is about a page and repeats its words; why it was refused is stored
_QUIET = ("htmldate", "trafilatura")
# pages after which a worker keeps the words it met, then after twice as many, and so on: most words of a language that are
# common enough to come again have come by then
_FIRST_KEEP = 50
# linux/prctl.h; the standard library has no name for it
_PR_SET_PDEATHSIG = 1
_STANDARD_ERROR = 2
# where memory runs out, the kernel kills a worker rather than the crawl process or the fork server
_OOM_SCORE = b"500"


def main() -> None:
    """Load what workers need, then fork a worker for each order until the crawl process is gone."""
    orders, reports = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    # a worker has one thread; those of numpy would be lost in each fork
    os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    # Ctrl-C and a service's stop go to every process; the crawl process finishes what is claimed and then ends us
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # the crawl process reads the last line if this process ends; workers send what is logged
    logging.basicConfig(level=logging.WARNING)
    logging.captureWarnings(True)
    for name in _PRELOADED:
        importlib.import_module(name)
    words = WordFile()
    words.load()
    _freeze()
    ForkServer(orders, reports, words, memory_bytes=int(sys.argv[3])).serve()


def _freeze() -> None:
    """Keep what is loaded out of collections.

    One in a worker would write to all loaded objects and so copy their memory: 136 MB instead of 197 MB with two workers
    (decision 019).
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class ForkServer:
    """Forks workers and reports how each ended."""

    def __init__(
        self,
        orders: socket.socket,
        reports: socket.socket,
        words: WordFile,
        *,
        memory_bytes: int,
    ) -> None:
        self._words = words
        self._orders = orders
        self._reports = reports
        self._memory_bytes = memory_bytes
        self._children: set[int] = set()
        self._woken, self._wakes = os.pipe()
        for end in (self._woken, self._wakes):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Serve until the orders end, then kill every worker."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        # a crawl process that died takes its end of both sockets with it
        with contextlib.suppress(ConnectionError):
            while self._serve_once():
                pass
        for child in self._children:
            os.kill(child, signal.SIGKILL)

    def _serve_once(self) -> bool:
        """Wait for an order or the death of a worker, and handle it; return whether to go on."""
        ready, _, _ = select.select([self._orders.fileno(), self._woken], [], [])
        if self._woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 1024)
            self._report_deaths()
        if self._orders.fileno() not in ready:
            return True
        order, sockets, _, _ = socket.recv_fds(self._orders, 1, 1)
        for number in sockets:
            if order == WATCHES:
                _take_watches(number)
            else:
                self._fork(number)
        return bool(order)

    def _report_deaths(self) -> None:
        while self._children:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            self._children.discard(child)
            self._reports.sendall(REPORT.pack(child, status))

    def _fork(self, number: int) -> None:
        """Fork a worker; if that fails, its socket closes and so the crawl process knows."""
        # what earlier workers have met since
        with contextlib.suppress(Exception):
            if self._words.load():
                _freeze()
        try:
            child = os.fork()
        except OSError:
            os.close(number)
            return
        if child:
            self._children.add(child)
            os.close(number)
            return
        status = 1
        try:
            self._become_worker()
            work(socket.socket(fileno=number), self._words)
            status = 0
        finally:
            # not sys.exit: a worker must not run the fork server's exit handlers
            os._exit(status)

    def _become_worker(self) -> None:
        server = os.getppid()
        _die_with_parent()
        # the fork server may have died before the line above took effect
        if os.getppid() != server:
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self._woken, self._wakes):
            os.close(end)
        # what parsers print would fill the fork server's file
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), _STANDARD_ERROR)
        self._orders.close()
        self._reports.close()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (self._memory_bytes, self._memory_bytes))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_bytes(_OOM_SCORE)


def _take_watches(number: int) -> None:
    """Put the watches of a file in force for workers to come.

    Whatever goes wrong, workers go on with those they had: their version says so, and what was matched with others is matched
    again where it is stored.
    """
    with contextlib.suppress(Exception), open(number, "rb") as file:
        file.seek(0)
        put_in_force(file.read())
    _freeze()


def _die_with_parent() -> None:
    """Let the kernel kill this process when its parent dies, even in the middle of a parser; Linux only."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def work(crawl_process: socket.socket, words: WordFile | None = None) -> None:
    """Do one call after another until the crawl process closes the socket; from time to time keep the words met."""
    call_count, keep_at = 0, _FIRST_KEEP
    lines = _send_lines(crawl_process)
    with contextlib.suppress(ConnectionError), crawl_process:
        crawl_process.sendall(pack(Kind.HELLO, str(os.getpid()).encode()))
        while header := _receive(crawl_process, HEADER.size):
            _, length = HEADER.unpack(header)
            lines.begin()
            try:
                call = pickle.loads(_receive(crawl_process, length))  # noqa: S301 - from the crawl process
                crawl_process.sendall(pack(Kind.TAKEN, b""))
                answer = pack(Kind.RESULT, _run(call))
            # anything a parser raises must reach the caller, who else would wait for the time limit
            except BaseException as error:
                answer = pack(Kind.ERROR, _portable(error))
            crawl_process.sendall(answer)
            call_count += 1
            if words is not None and call_count >= keep_at:
                keep_at *= 2
                # a cache that fails costs time, nothing else
                with contextlib.suppress(Exception):
                    words.save()


def _send_lines(crawl_process: socket.socket) -> HandingOn:
    """Send what is logged to the crawl process: this one may be ended after any call, and nobody reads its standard error."""
    lines = HandingOn(lambda data: crawl_process.sendall(pack(Kind.LINE, data)))
    logging.basicConfig(level=logging.WARNING, handlers=[lines], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return lines


def _run(call: tuple) -> bytes:  # type: ignore[type-arg]  # any function and its arguments
    function, args, kwargs = call
    return pickle.dumps(function(*args, **kwargs), pickle.HIGHEST_PROTOCOL)


def _portable(error: BaseException) -> bytes:
    """Return an error pickled; one that cannot be unpickled becomes a RuntimeError with its words."""
    if not isinstance(error, Exception):
        error = RuntimeError(f"a parser ended with {error!r}")
    if not isinstance(error, WatchwordError | MemoryError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        data = pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
        pickle.loads(data)  # noqa: S301 - our own, a moment ago
    except Exception:
        return pickle.dumps(RuntimeError(repr(error)[:1000]))
    return data


def _receive(connection: socket.socket, length: int) -> bytes:
    """Return this many bytes; none if the other side has closed."""
    data, done = bytearray(length), 0
    view = memoryview(data)
    while done < length:
        count = connection.recv_into(view[done:])
        if not count:
            return b""
        done += count
    return bytes(data)


if __name__ == "__main__":
    main()
