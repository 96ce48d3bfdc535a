"""Python's start-up hook in processes of tests: crawl processes, parse pools, web pages and commands are forked from the crawl server.

The process sends its descriptors, environment and arguments to the server, forwards signals, and ends as the forked one does.
It does so only if a fixture asks for it; see ``server``.

    TESTS_CRAWL_SERVER  the server's socket
    TESTS_STARTED       a module that is started nevertheless
    TESTS_NOTEBOOK      "field": a crawl process is a whole cluster, home and worker (tests/cluster/one_process.py)
"""

import array
import json
import os
import signal
import socket
import sys

_SERVER = os.environ.get("TESTS_CRAWL_SERVER", "")
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1)
_STARTED = os.environ.get("TESTS_STARTED", "")
_MODULES = (
    "crawler",
    "crawler.alerting.channels.apprise_process",
    "crawler.flows.process.parse_pool.fork_server",
    "crawler.machine.processes.bound_process",
    "tests.servers.imap_twisted",
    "tests.spiders.network.edge_child",
    "watchword",
)


def _hand_over(module: str, arguments: list[str]) -> None:
    """Let the server fork a process in place of this one, wait for its end, and end in the same way."""
    numbers = sorted(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208  # starts fast
    numbers = [number for number in numbers if _is_open(number)]
    order = {
        "pid": os.getpid(),
        "module": module,
        "arguments": arguments,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109  # starts fast
        "descriptors": numbers,
        "is_leader": os.getsid(0) == os.getpid(),
    }
    body = json.dumps(order).encode()
    # from here on a signal is for the forked process, also one that comes before we know of it
    signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_SERVER)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", numbers))]
    connection.sendmsg([len(body).to_bytes(4, "big")], rights)
    connection.sendall(body)
    child = int.from_bytes(connection.recv(4), "big")
    for passed_on in _PASSED_ON:
        if child and signal.getsignal(passed_on) is not signal.SIG_IGN:
            # not by its id, which is another one in here if this is a process namespace of its own
            signal.signal(passed_on, lambda stated, _frame: connection.sendall(bytes([stated])))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    # our descriptors stay open, so that pipes end when this process does, and not before
    status: int = os.waitstatus_to_exitcode(int.from_bytes(connection.recv(4) or b"\x09", "big"))
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
        os.kill(os.getpid(), -status)
    os._exit(status)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


_CLUSTER = (
    {"crawler": "tests.cluster.one_process"} if os.environ.get("TESTS_NOTEBOOK") == "field" else {}
)

if _SERVER and "-m" in sys.orig_argv:
    _at = sys.orig_argv.index("-m") + 1
    if sys.orig_argv[_at] in _MODULES and sys.orig_argv[_at] != _STARTED:
        _module = sys.orig_argv[_at]
        _hand_over(_CLUSTER.get(_module, _module), sys.orig_argv[_at + 1 :])
