"""Ports of the web pages: find a free one, why one cannot be used, and which process answers there."""

import errno
import http.client
import random
import socket
import urllib.request

from watchword.web.public_address import ALIVE_PATH, PID_HEADER, write_origin

# Below the ports of outgoing connections, which begin at 32768 on Linux and at 49152 on macOS and Windows (RFC 6335): one of
# those can be taken by any connection in the two seconds until Datasette listens, as it was in one of a few hundred test runs.
_QUIET_PORTS = range(20_000, 32_768)
# afterwards the system chooses a port
_MOST_DRAWS = 100
_RNG = random.SystemRandom()  # children of one fork server would draw the same


def find_free_port(host: str = "127.0.0.1") -> int:
    """Return a port nobody listens on now; raise OSError if the host is no address of this machine."""
    host = strip_brackets(host)
    family = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)[0][0]
    for _ in range(_MOST_DRAWS):
        port = _RNG.choice(_QUIET_PORTS)
        if not find_port_problem(host, port):
            return port
    with socket.create_server((host, 0), family=family) as probe:
        any_port: int = probe.getsockname()[1]
    return any_port


def strip_brackets(host: str) -> str:
    """Return a host without the brackets that IPv6 addresses have in URLs: sockets take ``::1``, not ``[::1]``."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def find_port_problem(host: str, port: int) -> str:
    """Return why nobody can listen on this port now, in a sentence for a person; empty if the port is free."""
    host = strip_brackets(host)
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as the server does; otherwise a port closed a moment ago would seem taken
            probe.bind(place)
            probe.listen()
    except OSError as error:
        return _explain(error, host, port)
    return ""


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        pid = find_web_pid(host, port)
        by = f" by other web pages of Watchword (process {pid})" if pid else ""
        return f"port {port} is taken{by}; --port 0 takes a free one"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"this user may not use port {port}; --port 0 takes a free one, and any user may use ports from 1024"
    return f"{host} is not an address of this machine that can be listened on: {error.strerror}"


def find_web_pid(host: str, port: int) -> int:
    """Return the id of the Watchword process that answers on a port, 0 if none does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{write_origin(host, port)}{ALIVE_PATH}", timeout=2) as answer:
            stated = answer.headers.get(PID_HEADER, "")
    except (OSError, ValueError, http.client.HTTPException):  # another program may answer anything
        return 0
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 12 else 0
