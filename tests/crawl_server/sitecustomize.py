"""Python's start-up hook in processes of tests: crawl processes, parse pools and commands are forked from the crawl server.

The process sends its descriptors, environment and arguments to the server, forwards signals, and ends as the forked one does.
It does so only if a fixture asks for it; see ``server``.
"""

import array
import json
import os
import signal
import socket
import sys

_SERVER = os.environ.get("TESTS_CRAWL_SERVER", "")
_MODULES = ("crawler", "crawler.flows.process.parse_pool.fork_server", "watchword")


def _hand_over(module: str, arguments: list[str]) -> None:
    """Let the server fork a process in place of this one, wait for its end, and end in the same way."""
    numbers = sorted(int(name) for name in os.listdir("/proc/self/fd"))  # noqa: PTH208  # starts fast
    numbers = [number for number in numbers if _is_open(number)]
    order = {
        "module": module,
        "arguments": arguments,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109  # starts fast
        "descriptors": numbers,
        "is_leader": os.getsid(0) == os.getpid(),
    }
    body = json.dumps(order).encode()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_SERVER)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", numbers))]
    connection.sendmsg([len(body).to_bytes(4, "big")], rights)
    connection.sendall(body)
    child = int.from_bytes(connection.recv(4), "big")
    for passed_on in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        if child and signal.getsignal(passed_on) is not signal.SIG_IGN:
            signal.signal(passed_on, lambda stated, _frame: os.kill(child, stated))
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


if _SERVER and "-m" in sys.orig_argv:
    _at = sys.orig_argv.index("-m") + 1
    if sys.orig_argv[_at] in _MODULES:
        _hand_over(sys.orig_argv[_at], sys.orig_argv[_at + 1 :])
